package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// longestRange is how many rows one range may claim: a longer one is more likely
// a slip than a test of so many things.
const longestRange = 12

// A proof is a test function that names a row.
type proof struct {
	file string // slash-separated, from the root
	test string
}

// findings are what the test files of a tree claim.
type findings struct {
	proofs   map[rowID][]proof
	problems []string
}

// scan reads every _test.go file under root, nested modules included, and
// attributes each row id in it to tests. Directories that the go command ignores
// (testdata, and names that begin with "." or "_") are passed over.
func scan(root string) (findings, error) {
	packages, err := testFiles(root)
	if err != nil {
		return findings{}, err
	}
	found := findings{proofs: map[rowID][]proof{}}
	for _, dir := range sortedKeys(packages) {
		p := newTestPackage()
		for _, name := range packages[dir] {
			src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
			if err != nil {
				return findings{}, err
			}
			if err := p.add(name, src); err != nil {
				return findings{}, err
			}
		}
		found.collect(p)
	}
	for id := range found.proofs {
		slices.SortFunc(found.proofs[id], compareProofs)
		found.proofs[id] = slices.Compact(found.proofs[id])
	}
	return found, nil
}

// testFiles lists the test files under root by their directory.
func testFiles(root string) (map[string][]string, error) {
	files := map[string][]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (d.Name() == "testdata" || strings.ContainsAny(d.Name()[:1], "._")) {
			return fs.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(name, "_test.go") {
			files[path.Dir(name)] = append(files[path.Dir(name)], name)
		}
		return nil
	})
	return files, err
}

// collect attributes the ids in one package's test files.
func (f *findings) collect(p *testPackage) {
	for _, file := range p.files {
		for _, at := range idPattern.FindAllSubmatchIndex(file.src, -1) {
			ids, err := parseIDs(file.src, at)
			if err != nil {
				f.problems = append(f.problems, fmt.Sprintf("%s: %v", file.name, err))
				continue
			}
			tests := p.testsAt(file, at[0])
			if len(tests) == 0 {
				f.problems = append(f.problems, fmt.Sprintf("%s: %s is named where no test follows, encloses or uses it", file.name, file.src[at[0]:at[1]]))
			}
			for _, id := range ids {
				f.proofs[id] = append(f.proofs[id], tests...)
			}
		}
	}
}

// idPattern matches a row id or a range: S3-12, S3-12..S3-20, S3-12..20.
var idPattern = regexp.MustCompile(`\b(` + familyPattern() + `)-([0-9]+)(?:\.\.(?:([A-Z0-9]+)-)?([0-9]+))?`)

// parseIDs returns the rows that a match of idPattern in src stands for.
func parseIDs(src []byte, at []int) ([]rowID, error) {
	group := func(i int) string {
		if at[2*i] < 0 {
			return ""
		}
		return string(src[at[2*i]:at[2*i+1]])
	}
	family, whole := group(1), group(0)
	first, err := strconv.Atoi(group(2))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", whole, err)
	}
	if group(4) == "" {
		return []rowID{{family, first}}, nil
	}
	if group(3) != "" && group(3) != family {
		return nil, fmt.Errorf("%s: a range stays in one family", whole)
	}
	last, err := strconv.Atoi(group(4))
	if err != nil || last < first || last-first >= longestRange {
		return nil, fmt.Errorf("%s: a range rises and holds at most %d rows", whole, longestRange)
	}
	var ids []rowID
	for n := first; n <= last; n++ {
		ids = append(ids, rowID{family, n})
	}
	return ids, nil
}

func compareProofs(a, b proof) int {
	if c := strings.Compare(a.file, b.file); c != 0 {
		return c
	}
	return strings.Compare(a.test, b.test)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	return sorted(keys)
}

func sorted(lines []string) []string {
	slices.Sort(lines)
	return lines
}
