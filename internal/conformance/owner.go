package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A testPackage holds the test files of one directory, and which declarations in
// them use which. Names stand for declarations: a method and a function of one
// name count as one, which is near enough to find the tests behind a helper.
type testPackage struct {
	files []*testFile
	uses  map[string]map[string]bool // name of a declaration: the names in it
	tests []proof
}

type testFile struct {
	name  string
	src   []byte
	decls []declaration // in order
}

// A declaration is one at top level, with its doc comment and the rest of its last line.
type declaration struct {
	names []string
	end   int // offset just after it
}

func newTestPackage() *testPackage {
	return &testPackage{uses: map[string]map[string]bool{}}
}

// add reads one file of the package.
func (p *testPackage) add(name string, src []byte) error {
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	file := &testFile{name: name, src: src}
	for _, decl := range parsed.Decls {
		names := declaredNames(decl)
		if len(names) == 0 {
			continue
		}
		file.decls = append(file.decls, declaration{names, endOfLine(src, fset.Position(decl.End()).Offset)})
		for _, n := range names {
			p.addUses(n, decl)
		}
		if isTest(decl) {
			p.tests = append(p.tests, proof{name, names[0]})
		}
	}
	p.files = append(p.files, file)
	return nil
}

func (p *testPackage) addUses(name string, decl ast.Decl) {
	if p.uses[name] == nil {
		p.uses[name] = map[string]bool{}
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		if ident, ok := n.(*ast.Ident); ok && ident.Name != name {
			p.uses[name][ident.Name] = true
		}
		return true
	})
}

// testsAt returns the tests that what stands at offset belongs to: the
// declaration that encloses it, or else the next one, if that is a test; or else
// the tests that use that declaration, directly or through others.
func (p *testPackage) testsAt(file *testFile, offset int) []proof {
	owner := slices.IndexFunc(file.decls, func(d declaration) bool { return offset < d.end })
	if owner < 0 {
		return nil
	}
	names := file.decls[owner].names
	if own := (proof{file.name, names[0]}); slices.Contains(p.tests, own) {
		return []proof{own}
	}
	var users []proof
	for _, test := range p.tests {
		reached := p.reach(test.test)
		if slices.ContainsFunc(names, func(n string) bool { return reached[n] }) {
			users = append(users, test)
		}
	}
	return users
}

// reach returns the names that the declaration called name uses, through any number of others.
func (p *testPackage) reach(name string) map[string]bool {
	reached := map[string]bool{}
	for queue := []string{name}; len(queue) > 0; queue = queue[1:] {
		for used := range p.uses[queue[0]] {
			if !reached[used] {
				reached[used] = true
				queue = append(queue, used)
			}
		}
	}
	return reached
}

// declaredNames returns the names that decl declares; none for an import.
func declaredNames(decl ast.Decl) []string {
	if f, ok := decl.(*ast.FuncDecl); ok {
		return []string{f.Name.Name}
	}
	var names []string
	for _, spec := range decl.(*ast.GenDecl).Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			names = append(names, s.Name.Name)
		case *ast.ValueSpec:
			for _, n := range s.Names {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// isTest reports whether go test runs decl as a test, a fuzz target's seeds or an example.
func isTest(decl ast.Decl) bool {
	f, ok := decl.(*ast.FuncDecl)
	if !ok || f.Recv != nil || f.Name.Name == "TestMain" {
		return false
	}
	for _, prefix := range []string{"Test", "Fuzz", "Example"} {
		rest, ok := strings.CutPrefix(f.Name.Name, prefix)
		first, _ := utf8.DecodeRuneInString(rest)
		if ok && !unicode.IsLower(first) {
			return true
		}
	}
	return false
}

func endOfLine(src []byte, offset int) int {
	if i := slices.Index(src[offset:], '\n'); i >= 0 {
		return offset + i + 1
	}
	return len(src)
}
