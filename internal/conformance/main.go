// Conformance writes docs/conformance.md: a line for each element of the
// documents Gatehouse follows, with the tests that prove it or what it waits for.
//
// Run it from the root of the repository:
//
//	go run ./internal/conformance          # write the page
//	go run ./internal/conformance -check   # fail if the page is stale or has a gap
//
// The rows are in rows.tsv, one a line: id, what the row waits for (empty, or one
// of the classes in rows.go), and the row in our own words. A test claims a row
// by naming its id, or a range such as S3-12..S3-20, in a comment above it.
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed rows.tsv
var rowsFile string

const pagePath = "docs/conformance.md"

func main() {
	check := flag.Bool("check", false, "write nothing; fail if the page is stale, a row is open or a test names an unknown row")
	flag.Parse()
	if err := run(".", *check); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// run writes the page of the repository at root, or checks it.
func run(root string, check bool) error {
	rows, err := parseRows(rowsFile)
	if err != nil {
		return err
	}
	found, err := scan(root)
	if err != nil {
		return err
	}
	page := render(rows, found.proofs)
	path := filepath.Join(root, filepath.FromSlash(pagePath))
	gaps := slices.Concat(found.problems, unknownIDs(rows, found.proofs), openRows(rows, found.proofs))
	if !check {
		printLines(gaps)
		return os.WriteFile(path, []byte(page), 0o644)
	}
	if written, err := os.ReadFile(path); err != nil || string(written) != page {
		gaps = append(gaps, pagePath+" is stale: run go run ./internal/conformance")
	}
	if len(gaps) > 0 {
		return errors.New("\n" + strings.Join(gaps, "\n"))
	}
	return nil
}

func printLines(lines []string) {
	for _, line := range lines {
		fmt.Fprintln(os.Stderr, line)
	}
}

// unknownIDs tells of tests that name a row that does not exist.
func unknownIDs(rows []row, proofs map[rowID][]proof) []string {
	known := make(map[rowID]bool, len(rows))
	for _, r := range rows {
		known[r.id] = true
	}
	var unknown []string
	for id, by := range proofs {
		if !known[id] {
			unknown = append(unknown, fmt.Sprintf("%s: %s names %s, which is no row", by[0].file, by[0].test, id))
		}
	}
	return sorted(unknown)
}

// openRows tells of rows that have neither a test nor a reason to have none.
func openRows(rows []row, proofs map[rowID][]proof) []string {
	var open []string
	for _, r := range rows {
		if len(proofs[r.id]) == 0 && r.waits == "" {
			open = append(open, fmt.Sprintf("%s has neither a test nor what it waits for: %s", r.id, r.text))
		}
	}
	return open
}
