package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The row ids in this file are composed, so that none of its tests claims a row.

// scanSample scans a tree that holds the sample as a test file.
func scanSample(t *testing.T) findings {
	t.Helper()
	src, err := os.ReadFile("testdata/sample.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, name := range []string{"walk/sample_test.go", "walk/sample.go", "walk/testdata/sample_test.go", ".hidden/sample_test.go", "_old/sample_test.go"} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, src, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found, err := scan(root)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestScanAttributesRowsToTests(t *testing.T) {
	t.Parallel()
	found := scanSample(t)
	want := map[rowID][]string{
		{"S3", 1}:  {"TestAbove"},
		{"SEC", 2}: {"TestInside"},
		{"S3", 3}:  {"TestInside"},
		{"S3", 4}:  {"TestInside"},
		{"S3", 5}:  {"TestInside"},
		{"S3", 7}:  {"TestInside"},
		{"S3", 8}:  {"TestInside"},
		{"LIM", 1}: {"TestInside"},
		{"IDN", 3}: {"FuzzTable"},
		{"IDN", 4}: {"FuzzTable"},
		{"ROB", 1}: {"Example"},
	}
	for id, tests := range want {
		var got []string
		for _, p := range found.proofs[id] {
			if p.file != "walk/sample_test.go" {
				t.Errorf("%s was found in %s", id, p.file)
			}
			got = append(got, p.test)
		}
		if !slices.Equal(got, tests) {
			t.Errorf("%s: got tests %q, want %q", id, got, tests)
		}
	}
	for id, by := range found.proofs {
		if want[id] == nil && len(by) > 0 {
			t.Errorf("%s was found in %q, want none", id, by)
		}
	}
}

func TestScanReportsWhatProvesNothing(t *testing.T) {
	t.Parallel()
	found := scanSample(t)
	want := []string{"no test follows", "at most 12 rows", "a range rises", "one family", "no test follows"}
	if len(found.problems) != len(want) {
		t.Fatalf("got problems:\n%s\nwant %d", strings.Join(found.problems, "\n"), len(want))
	}
	for i, text := range want {
		if !strings.Contains(found.problems[i], text) {
			t.Errorf("problem %d is %q, want one that says %q", i, found.problems[i], text)
		}
	}
}

func TestScanRefusesAFileThatDoesNotParse(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "bad_test.go"), []byte("package"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := scan(root); err == nil {
		t.Error("scan of a file that does not parse gave no error")
	}
}

func TestRowsAreComplete(t *testing.T) {
	t.Parallel()
	rows, err := parseRows(rowsFile)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"S0": 56, "S1": 53, "S2": 131, "S3": 219, "S4": 56,
		"SEC": 20, "LIM": 13, "MFA": 17, "IDN": 14, "JWT": 8, "REF": 6, "KEY": 1, "FLT": 4, "TIM": 3, "LOG": 2, "ROB": 3,
	}
	highest, count := map[string]int{}, map[string]int{}
	for _, r := range rows {
		count[r.id.family]++
		highest[r.id.family] = max(highest[r.id.family], r.id.number)
	}
	for family, n := range want {
		if count[family] != n || highest[family] != n {
			t.Errorf("%s: %d rows up to %d, want 1 to %d without a gap", family, count[family], highest[family], n)
		}
	}
}

func TestParseRowsRefuses(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"two cells":     "ROB-%d\ttext\n",
		"no text":       "ROB-%d\t\t\n",
		"unknown class": "ROB-%d\tlater\ttext\n",
		"unknown id":    "ABC-%d\t\ttext\n",
		"twice":         "ROB-%d\t\ttext\nROB-%02[1]d\t\ttext\n",
		"empty line":    "ROB-%d\t\ttext\n\n",
		"huge number":   "ROB-%d99999999999999999999\t\ttext\n",
	} {
		if _, err := parseRows(fmt.Sprintf(file, 1)); err == nil {
			t.Errorf("%s: parseRows gave no error", name)
		}
	}
}

func TestPageTellsProvedWaitingAndOpen(t *testing.T) {
	t.Parallel()
	rows := []row{
		{rowID{"S0", 1}, "", "proved | twice"},
		{rowID{"S0", 2}, "HTTP", "waiting"},
		{rowID{"SEC", 3}, "", "open"},
	}
	stray := rowID{"S0", 9}
	proofs := map[rowID][]proof{
		rows[0].id: {{"a/a_test.go", "TestA"}, {"a/a_test.go", "TestB"}, {"b/b_test.go", "TestC"}},
		stray:      {{"a/a_test.go", "TestA"}},
	}
	page := render(rows, proofs)
	for _, line := range []string{
		`| ` + rows[0].id.String() + ` | proved \| twice | [a](../a/a_test.go) TestA, TestB; [b](../b/b_test.go) TestC |  |`,
		`| ` + rows[1].id.String() + ` | waiting |  | HTTP |`,
		`| ` + rows[2].id.String() + ` | open |  | **open** |`,
		`| all | 3 | 1 | 1 | 0 | 1 |`,
	} {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("the page has no line %q", line)
		}
	}
	if got := openRows(rows, proofs); len(got) != 1 || !strings.HasPrefix(got[0], rows[2].id.String()+" ") {
		t.Errorf("openRows = %q, want the row %s", got, rows[2].id)
	}
	if got := unknownIDs(rows, proofs); len(got) != 1 || !strings.Contains(got[0], stray.String()) {
		t.Errorf("unknownIDs = %q, want %s", got, stray)
	}
}

func TestCheckFailsUntilThePageIsWritten(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "docs"), 0o755); err != nil {
		t.Fatal(err)
	}
	stale := func() bool {
		err := run(root, true)
		return err != nil && strings.Contains(err.Error(), "is stale")
	}
	if !stale() {
		t.Error("run accepts a page that does not exist")
	}
	if err := run(root, false); err != nil {
		t.Fatal(err)
	}
	if stale() {
		t.Error("run calls a page stale that it just wrote")
	}
}
