// Testcount reads the stream of go test -json on standard input and tells how
// it went: the output of what failed, the names of what was skipped, and at the
// end a line "N passed, N failed, N skipped". Subtests count like tests.
//
// It exits with 1 if a test or a package failed, or if no test passed at all.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

func main() {
	count, err := read(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testcount:", err)
		os.Exit(1)
	}
	fmt.Println(count)
	if !count.good() {
		os.Exit(1)
	}
}

// An event is one line of go test -json (go doc test2json).
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// A tally counts tests. A package that fails without a failed test in it, as
// when it does not build or its process dies, counts as one failed test.
type tally struct{ passed, failed, skipped int }

func (t tally) good() bool { return t.failed == 0 && t.passed > 0 }

func (t tally) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", t.passed, t.failed, t.skipped)
}

// A counter is a stream half read.
type counter struct {
	tally
	out     io.Writer
	output  map[[2]string]string // by package and test, until it ends
	failing map[string]bool      // packages with a failed test
}

// read counts the events of in and tells out of those that did not pass. A line
// that is no event is passed on: the go command writes some errors plainly.
func read(in io.Reader, out io.Writer) (tally, error) {
	c := &counter{out: out, output: map[[2]string]string{}, failing: map[string]bool{}}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Action == "" {
			fmt.Fprintln(out, lines.Text())
			continue
		}
		c.take(e)
	}
	return c.tally, lines.Err()
}

func (c *counter) take(e event) {
	of := [2]string{e.Package, e.Test}
	switch e.Action {
	case "output":
		c.output[of] += e.Output
		return
	case "build-output":
		fmt.Fprint(c.out, e.Output)
		return
	case "pass":
		if e.Test != "" {
			c.passed++
		}
	case "skip":
		c.skip(e)
	case "fail":
		c.fail(e, c.output[of])
	default:
		return
	}
	delete(c.output, of)
}

// skip counts a skipped test. A package is skipped when it has no tests.
func (c *counter) skip(e event) {
	if e.Test == "" {
		return
	}
	c.skipped++
	fmt.Fprintf(c.out, "skipped: %s %s\n", e.Package, e.Test)
}

func (c *counter) fail(e event, output string) {
	if e.Test != "" {
		c.failed++
		c.failing[e.Package] = true
		fmt.Fprintf(c.out, "failed: %s %s\n%s", e.Package, e.Test, output)
		return
	}
	if !c.failing[e.Package] {
		c.failed++
		fmt.Fprintf(c.out, "failed: %s\n%s", e.Package, output)
	}
}
