package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// families are the prefixes of row ids, in the order of the page, each with what
// its rows were drawn from.
var families = []struct{ name, source string }{
	{"S0", "The LoginResponse model of a FusionAuth SDK"},
	{"S1", "The AuthResponse model of the Riffyn Nexus SDK"},
	{"S2", "The call \"passwordless login with id\", with every field of its response"},
	{"S3", "FusionAuth's documentation of its Passwordless API"},
	{"S4", "Criptan's reference of its MFA API"},
	{"SEC", "Security: one-time secrets"},
	{"LIM", "Security: limits on guessing and sending"},
	{"MFA", "Security: the second factor"},
	{"IDN", "Security: identities, account state and tenants"},
	{"JWT", "Security: signed tokens"},
	{"REF", "Security: refresh tokens and sessions"},
	{"KEY", "Security: API keys"},
	{"FLT", "Reliability: faults"},
	{"TIM", "Reliability: time"},
	{"LOG", "Security: what is logged"},
	{"ROB", "Reliability: hostile input and load"},
}

// nothingToTest marks a row that demands no behaviour; its line says why.
const nothingToTest = "nothing to test"

// waitClasses are what a row without a test may wait for.
var waitClasses = []string{"HTTP", "second factor", "sessions", "engines", nothingToTest}

// A rowID names a row, such as S3-121 or SEC-06.
type rowID struct {
	family string
	number int
}

// String writes the number of an S family plainly and of any other with two digits.
func (id rowID) String() string {
	if id.family[1] >= '0' && id.family[1] <= '9' {
		return fmt.Sprintf("%s-%d", id.family, id.number)
	}
	return fmt.Sprintf("%s-%02d", id.family, id.number)
}

// A row is one element of a source document, or one requirement.
type row struct {
	id    rowID
	waits string // "" or one of waitClasses
	text  string
}

var wholeID = regexp.MustCompile(`^(` + familyPattern() + `)-([0-9]+)$`)

func familyPattern() string {
	names := make([]string, len(families))
	for i, f := range families {
		names[i] = f.name
	}
	return strings.Join(names, "|")
}

// parseRows reads the lines of rows.tsv and refuses a malformed or repeated one.
func parseRows(file string) ([]row, error) {
	var rows []row
	seen := map[rowID]bool{}
	for line := range strings.Lines(file) {
		r, err := parseRow(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, err
		}
		if seen[r.id] {
			return nil, fmt.Errorf("rows.tsv: %s is there twice", r.id)
		}
		seen[r.id] = true
		rows = append(rows, r)
	}
	return rows, nil
}

func parseRow(line string) (row, error) {
	cells := strings.Split(line, "\t")
	if len(cells) != 3 || cells[2] == "" {
		return row{}, fmt.Errorf("rows.tsv: want id, wait and text in %q", line)
	}
	id := wholeID.FindStringSubmatch(cells[0])
	if id == nil {
		return row{}, fmt.Errorf("rows.tsv: %q is no row id", cells[0])
	}
	if cells[1] != "" && !slices.Contains(waitClasses, cells[1]) {
		return row{}, fmt.Errorf("rows.tsv: %s waits for %q, want one of %q", cells[0], cells[1], waitClasses)
	}
	number, err := strconv.Atoi(id[2])
	if err != nil {
		return row{}, fmt.Errorf("rows.tsv: %s: %w", cells[0], err)
	}
	return row{rowID{id[1], number}, cells[1], cells[2]}, nil
}
