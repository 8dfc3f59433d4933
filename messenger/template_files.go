package messenger

import (
	"cmp"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	texttemplate "text/template"
)

const (
	layoutFile   = "layout"
	sharedFile   = "shared"
	templateType = ".tmpl"
)

// templateFiles has the texts of each locale's files by name, those of the
// caller after the built-in one. Those of the locale "" are everybody's.
type templateFiles map[string]map[string][]string

func readFiles(callers fs.FS) (templateFiles, error) {
	files := templateFiles{}
	own, err := fs.Sub(builtIn, "templates")
	if err != nil {
		return nil, err
	}
	if err := files.add(own); err != nil || callers == nil {
		return files, err
	}
	return files, files.add(callers)
}

// add reads layout.tmpl and {locale}/*.tmpl.
func (f templateFiles) add(fsys fs.FS) error {
	dirs := map[string]string{}
	return fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("messenger: templates: %w", err)
		}
		if entry.IsDir() || path.Ext(name) != templateType {
			return nil
		}
		locale, err := localeOf(name)
		if err != nil {
			return fmt.Errorf("messenger: template file %s: %w", name, err)
		}
		if dir := path.Dir(name); cmp.Or(dirs[locale], dir) != dir {
			return fmt.Errorf("messenger: template file %s: %s is the same locale", name, dirs[locale])
		} else {
			dirs[locale] = dir
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("messenger: templates: %w", err)
		}
		f.put(locale, strings.TrimSuffix(path.Base(name), templateType), string(text))
		return nil
	})
}

// localeOf returns the locale that a file speaks for, "" for the layout.
func localeOf(name string) (string, error) {
	dir := path.Dir(name)
	if name == layoutFile+templateType {
		return "", nil
	}
	locale := canonicalLocale(dir)
	if locale == "" {
		return "", errors.New("is not in a directory named for a locale")
	}
	return locale, nil
}

func (f templateFiles) put(locale, name, text string) {
	if f[locale] == nil {
		f[locale] = map[string][]string{}
	}
	f[locale][name] = append(f[locale][name], text)
}

// keys lists each locale with each purpose that it or its language has.
func (f templateFiles) keys() []templateKey {
	var keys []templateKey
	for _, locale := range slices.Sorted(maps.Keys(f)) {
		purposes := map[string]bool{}
		for _, tag := range lineage(locale) {
			for name := range f[tag] {
				purposes[name] = true
			}
		}
		delete(purposes, sharedFile)
		for _, purpose := range slices.Sorted(maps.Keys(purposes)) {
			keys = append(keys, templateKey{locale, Purpose(purpose)})
		}
	}
	return keys
}

// of lists the texts that make up the templates of key, in the order in which
// later ones replace earlier.
func (f templateFiles) of(key templateKey) []string {
	texts := slices.Clone(f[""][layoutFile])
	for _, tag := range lineage(key.locale) {
		texts = append(texts, f[tag][sharedFile]...)
		texts = append(texts, f[tag][string(key.purpose)]...)
	}
	return texts
}

func newSet(texts []string) (*templateSet, error) {
	set := &templateSet{text: texttemplate.New(""), html: htmltemplate.New("")}
	for _, text := range texts {
		if _, err := set.text.Parse(text); err != nil {
			return nil, err
		}
		if _, err := set.html.Parse(text); err != nil {
			return nil, err
		}
	}
	return set, set.try()
}

// try renders a message of each form and finds the channels that the set
// speaks. It fails if a block does, so that it does not fail a person later.
func (s *templateSet) try() error {
	written := map[string]bool{}
	for _, v := range samples() {
		for _, name := range []string{"subject", "text", "sms"} {
			text, err := s.block(name, v)
			if err != nil {
				return err
			}
			written[name] = written[name] || text != ""
		}
		if _, err := s.htmlBlock(v); err != nil {
			return err
		}
	}
	s.speaks = map[Channel]bool{
		Email: written["subject"] && written["text"],
		SMS:   written["sms"],
	}
	if !s.speaks[Email] && !s.speaks[SMS] {
		return errors.New(`has neither "subject" and "text" nor "sms"`)
	}
	return nil
}
