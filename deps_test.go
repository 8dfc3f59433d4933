package gatehouse_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/deps.golden")

const (
	modulePath = "github.com/gatehouse-go/gatehouse"
	goldenPath = "testdata/deps.golden"
)

// importers is every module that Gatehouse may require, each with the only
// package that may import it; "" is any.
var importers = map[string]string{
	"github.com/golang-jwt/jwt/v5":    "token",
	"github.com/google/uuid":          "",
	"github.com/nyaruka/phonenumbers": "identity/phone",
	"github.com/pquerna/otp":          "mfa",
}

// floors is the house from the ground up: a package imports only what stands before it.
var floors = []string{
	"internal/loopback",
	"internal/sqldb",
	"secret",
	"identity",
	"identity/phone",
	"token",
	"token/bearer",
	"store",
	"messenger",
	"outcome",
	"internal/walk",
	"session",
	"mfa",
	"passwordless",
	"httpapi/internal/wire",
	"httpapi/internal/wiretest",
	"httpapi",
	"httpapi/authn",
	"httpapi/account",
	"storetest",
	"store/memstore",
	"store/sqlstore",
	"store/redisstore",
	"messenger/smtpmessenger",
	"messenger/httpmessenger",
	"messenger/sqloutbox",
	"internal/logintest",
	"internal/conformance",
	".",
}

// ceilings are the contracts that adapters fulfil: an adapter stands high, where
// nothing else imports it, but itself imports nothing above its contract.
var ceilings = map[string]string{
	"storetest":               "store",
	"store/memstore":          "store",
	"store/sqlstore":          "store",
	"store/redisstore":        "store",
	"messenger/smtpmessenger": "messenger",
	"messenger/httpmessenger": "messenger",
	"messenger/sqloutbox":     "messenger",
}

// below returns the packages that pkg may import; known is whether pkg has a floor.
func below(pkg string) (packages []string, known bool) {
	floor := slices.Index(floors, pkg)
	if floor < 0 {
		return nil, false
	}
	if ceiling, ok := ceilings[pkg]; ok {
		floor = slices.Index(floors, ceiling) + 1
	}
	return floors[:floor], true
}

// TestDependencies compares what the module requires and what each package and
// its tests link with a list that changes only on purpose: a service that
// imports one package should know what comes with it.
func TestDependencies(t *testing.T) {
	t.Parallel()
	got := "# Written by go test -run TestDependencies . -update\n\n" + directRequirements(t) + "\n" + linkedModules(t)
	if *update {
		if err := os.WriteFile(goldenPath, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenPath)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the dependencies are not those of %s; if they should change, run go test -run TestDependencies . -update\ngot:\n%s\nwant:\n%s", goldenPath, got, want)
	}
}

func TestImportsGoDownwards(t *testing.T) {
	t.Parallel()
	for pkg, imports := range sourceImports(t) {
		allowed, known := below(pkg)
		if !known {
			t.Errorf("%s stands on no floor: add it to the list", pkg)
			continue
		}
		for imported := range imports {
			local, ok := strings.CutPrefix(imported, modulePath+"/")
			if ok && !slices.Contains(allowed, local) {
				t.Errorf("%s imports %s, which does not stand below it", pkg, local)
			}
		}
	}
}

func TestEachDependencyHasItsImporter(t *testing.T) {
	t.Parallel()
	for pkg, imports := range sourceImports(t) {
		for imported := range imports {
			if strings.HasPrefix(imported, modulePath) || !strings.Contains(strings.Split(imported, "/")[0], ".") {
				continue
			}
			only, known := importerOf(imported)
			if !known {
				t.Errorf("%s imports %s, which is none of the modules Gatehouse may require", pkg, imported)
			} else if only != "" && only != pkg {
				t.Errorf("%s imports %s, which only %s may", pkg, imported, only)
			}
		}
	}
}

// importerOf returns the importer of the module that holds the package imported.
func importerOf(imported string) (only string, known bool) {
	for module, pkg := range importers {
		if imported == module || strings.HasPrefix(imported, module+"/") {
			return pkg, true
		}
	}
	return "", false
}

// sourceImports returns what each package's sources import, tests left out. It
// opens the sources itself, so that go test sees them change and runs anew.
func sourceImports(t *testing.T) map[string]map[string]bool {
	t.Helper()
	imports := map[string]map[string]bool{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipForeign(name)
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Dir(name)
		if imports[pkg] == nil {
			imports[pkg] = map[string]bool{}
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports[pkg][imported] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}

// skipForeign passes over directories that are no packages of this module.
func skipForeign(dir string) error {
	if dir == "." {
		return nil
	}
	base := path.Base(dir)
	if base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return fs.SkipDir
	}
	if _, err := os.Stat(dir + "/go.mod"); err == nil {
		return fs.SkipDir
	}
	return nil
}

// directRequirements lists the modules that go.mod requires directly, and fails
// the test for one that is not allowed.
func directRequirements(t *testing.T) string {
	t.Helper()
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(goCommand(t, "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	direct := []string{}
	for _, r := range mod.Require {
		if r.Indirect {
			continue
		}
		if _, allowed := importers[r.Path]; !allowed {
			t.Errorf("go.mod requires %s, which is none of the modules Gatehouse may require", r.Path)
		}
		direct = append(direct, "\t"+r.Path+"\n")
	}
	slices.Sort(direct)
	return "required:\n" + strings.Join(direct, "")
}

// A listed package is what go list -json tells of one, as far as it is used here.
type listed struct {
	ImportPath string
	ForTest    string
	Deps       []string
	Module     *struct {
		Path string
		Main bool
	}
}

// linkedModules lists, for each package of the module, the other modules that it
// links, and those that only its tests link. It looks as from Linux on amd64
// without cgo, so that the list is the same everywhere.
func linkedModules(t *testing.T) string {
	t.Helper()
	packages := map[string]listed{}
	decoder := json.NewDecoder(strings.NewReader(string(goCommand(t, "list", "-test", "-deps", "-json=ImportPath,ForTest,Deps,Module", "./..."))))
	for {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
	var lines []string
	for _, p := range packages {
		if p.Module == nil || !p.Module.Main || p.ForTest != "" || strings.HasSuffix(p.ImportPath, ".test") {
			continue
		}
		links := modulesOf(packages, p.Deps)
		tests := modulesOf(packages, packages[p.ImportPath+".test"].Deps)
		tests = slices.DeleteFunc(tests, func(m string) bool { return slices.Contains(links, m) })
		lines = append(lines, describe(p.ImportPath, links, tests))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func describe(pkg string, links, tests []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", strings.TrimPrefix(pkg, modulePath+"/"))
	for _, module := range links {
		fmt.Fprintf(&b, "\t%s\n", module)
	}
	for _, module := range tests {
		fmt.Fprintf(&b, "\t%s (tests)\n", module)
	}
	return b.String()
}

// modulesOf returns the modules, other than this one, that hold the packages deps.
func modulesOf(packages map[string]listed, deps []string) []string {
	var modules []string
	for _, dep := range deps {
		if m := packages[dep].Module; m != nil && !m.Main {
			modules = append(modules, m.Path)
		}
	}
	slices.Sort(modules)
	return slices.Compact(modules)
}

// goCommand runs the go command on the module by itself, as those who import it do.
func goCommand(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly", "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatal("this test asks the go command, which is not on PATH")
	}
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out
}
