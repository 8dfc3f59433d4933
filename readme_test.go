package gatehouse_test

import (
	"bufio"
	"go/format"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// program is the first block of Go in the README.
func program(t *testing.T) string {
	t.Helper()
	_, rest, opens := strings.Cut(readme(t), "\n```go\n")
	code, _, closes := strings.Cut(rest, "\n```\n")
	if !opens || !closes {
		t.Fatal("README.md has no program")
	}
	formatted, err := format.Source([]byte(code + "\n"))
	if err != nil || string(formatted) != code+"\n" {
		t.Fatalf("gofmt would change the program: %v", err)
	}
	return string(formatted)
}

// build builds the program as somebody would who starts from an empty directory,
// with this checkout in the place of a release.
func build(t *testing.T, code string) (binary string) {
	t.Helper()
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	binary = filepath.Join(dir, "program")
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"main.go": code, "go.mod": "module program\n\ngo 1.26\n", "go.sum": string(sums)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"mod", "edit", "-require=" + modulePath + "@v0.0.0", "-replace=" + modulePath + "=" + here},
		{"build", "-mod=mod", "-o", binary, "."},
	} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	return binary
}

func TestProgramOfTheREADME(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), build(t, program(t)))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	screen := bufio.NewReader(out)
	if _, err := io.WriteString(in, codeOn(t, screen)+"\n"); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(screen)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	if want := "200 Success\n"; !strings.HasSuffix(string(rest), want) {
		t.Errorf("the program ended by printing %q, want %q", rest, want)
	}
}

// codeOn reads the screen up to the code of a message.
func codeOn(t *testing.T, screen *bufio.Reader) string {
	t.Helper()
	for {
		line, err := screen.ReadString('\n')
		if err != nil {
			t.Fatalf("the program printed no code: %v", err)
		}
		if _, code, found := strings.Cut(line, "code: "); found {
			return strings.TrimSpace(code)
		}
	}
}

// TestSnippetsOfTheREADMEAreExamples finds the lines of each block of Go after the
// program in one function of example_test.go, in their order.
func TestSnippetsOfTheREADMEAreExamples(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	functions := strings.Split(string(file), "\nfunc ")
	blocks := regexp.MustCompile("(?s)\n```go\n(.*?)\n```\n").FindAllStringSubmatch(readme(t), -1)[1:]
	if len(blocks) == 0 {
		t.Fatal("README.md has no snippet")
	}
	for _, b := range blocks {
		if !slices.ContainsFunc(functions, func(f string) bool { return inOrder(trimmedLines(f), trimmedLines(b[1])) }) {
			t.Errorf("no function of example_test.go has these lines in this order:\n%s", b[1])
		}
	}
}

// trimmedLines is the lines of text without what surrounds them, and without empty ones.
func trimmedLines(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// inOrder reports whether some stands in all, in its order but perhaps with more in between.
func inOrder(all, some []string) bool {
	for _, line := range all {
		if len(some) > 0 && line == some[0] {
			some = some[1:]
		}
	}
	return len(some) == 0
}

func TestTestsThatTheREADMENamesExist(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile("`go test -run (\\w+) \\./([\\w/]+)`").FindAllStringSubmatch(readme(t), -1)
	if len(named) == 0 {
		t.Fatal("README.md names no test")
	}
	for _, n := range named {
		if name, dir := n[1], n[2]; !declares(t, dir, name) {
			t.Errorf("there is no %s in %s", name, dir)
		}
	}
}

func declares(t *testing.T, dir, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(src), "\nfunc "+test+"(t *testing.T)") {
			return true
		}
	}
	return false
}

func TestLinksOfThePagesLeadSomewhere(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#]+)`)
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "examples/README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(l[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), l[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, l[1])
			}
		}
	}
}
