package main

import (
	"fmt"
	"path"
	"strings"
)

const preface = `# Conformance

What Gatehouse promises, a row for each element, and the tests that prove it. ` + "`go run ./internal/conformance`" + ` writes this
page from the rows and from the tests that name them; ` + "`-check`" + ` fails when it is stale.

Five public documents describe the calls and answers that Gatehouse speaks: S0, the LoginResponse model of a FusionAuth SDK;
S1, the AuthResponse model of the Riffyn Nexus SDK; S2, the call "passwordless login with id"; S3, FusionAuth's documentation
of its Passwordless API; S4, Criptan's reference of its MFA API. Each of their elements is a row. The other rows (SEC, LIM,
MFA, IDN, JWT, REF, KEY, FLT, TIM, LOG, ROB) are requirements of security and reliability, collected from NIST SP 800-63B,
OWASP ASVS 5, RFCs 6238, 7519, 8725 and 9700, and published advisories.

A row that waits for a part, *HTTP* (the handlers), *second factor*, *sessions* (API keys, access tokens, refreshing) or
*engines* (durable stores), is not proved in full: its tests, if it has any, prove what can be proved without that part.
*Nothing to test* is a row that asks for no behaviour, and says so.
`

// render returns the page.
func render(rows []row, proofs map[rowID][]proof) string {
	var b strings.Builder
	b.WriteString(preface)
	writeSummary(&b, rows, proofs)
	for _, family := range families {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n| row | what holds | proved by | waits for |\n|---|---|---|---|\n", family.name, family.source)
		for _, r := range rows {
			if r.id.family == family.name {
				fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.id, escape(r.text), links(proofs[r.id]), waiting(r, proofs[r.id]))
			}
		}
	}
	return b.String()
}

func writeSummary(b *strings.Builder, rows []row, proofs map[rowID][]proof) {
	b.WriteString("\n| rows | all | with a test | waiting | nothing to test | open |\n|---|--:|--:|--:|--:|--:|\n")
	var total tally
	for _, family := range families {
		var t tally
		for _, r := range rows {
			if r.id.family == family.name {
				t.count(r, proofs[r.id])
				total.count(r, proofs[r.id])
			}
		}
		t.write(b, family.name)
	}
	total.write(b, "all")
}

// A tally counts each row once: as proved if a test names it, whatever else it waits for.
type tally struct{ all, proved, waiting, nothing, open int }

func (t *tally) count(r row, by []proof) {
	t.all++
	switch {
	case len(by) > 0:
		t.proved++
	case r.waits == nothingToTest:
		t.nothing++
	case r.waits != "":
		t.waiting++
	default:
		t.open++
	}
}

func (t *tally) write(b *strings.Builder, name string) {
	fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d |\n", name, t.all, t.proved, t.waiting, t.nothing, t.open)
}

func waiting(r row, by []proof) string {
	if len(by) == 0 && r.waits == "" {
		return "**open**"
	}
	return r.waits
}

// links writes the tests, file by file. by is sorted by file.
func links(by []proof) string {
	var b strings.Builder
	for i, p := range by {
		if i > 0 && by[i-1].file == p.file {
			fmt.Fprintf(&b, ", %s", p.test)
			continue
		}
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "[%s](../%s) %s", path.Dir(p.file), p.file, p.test)
	}
	return b.String()
}

func escape(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(text)
}
