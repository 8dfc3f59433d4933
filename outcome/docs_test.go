package outcome_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/outcome"
)

var update = flag.Bool("update", false, "rewrite the table in docs/outcomes.md")

const (
	page  = "../docs/outcomes.md"
	begin = "<!-- gates: written by go test ./outcome -update -->\n"
	end   = "<!-- end of gates -->\n"
)

// conditions says of each gate, in order, what it looks at.
var conditions = []string{
	"the user is not active",
	"the user's expiry has come",
	"an action that prevents login has not ended",
	"a second factor is due",
	"the password must change",
	"the identity that was used is unverified, and that is `Gated`",
	"the registration is unverified, and that is `Gated`",
	"the identity that was used is unverified, and that is `Allow`",
	"the registration is unverified, and that is `Allow`",
	"there is no registration for the application",
	"none of these",
}

// The page shows the gates as they are. IDN-07
func TestThePageShowsTheGates(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, opens := strings.Cut(string(text), begin)
	_, after, closes := strings.Cut(rest, end)
	if !opens || !closes {
		t.Fatalf("%s has no place for the table", page)
	}
	want := before + begin + table(t) + end + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("%s is not what the gates are; run go test ./outcome -update\nwant:\n%s", page, table(t))
	}
}

func table(t *testing.T) string {
	t.Helper()
	gates := outcome.Gates()
	if len(gates) != len(conditions) {
		t.Fatalf("%d gates, and the page has words for %d", len(gates), len(conditions))
	}
	var b strings.Builder
	b.WriteString("\n| | if | then | token | because |\n|--:|---|---|---|---|\n")
	for i, g := range gates {
		token := "no"
		if g.Token {
			token = "yes"
		}
		fmt.Fprintf(&b, "| %d | %s | %d `%s` | %s | %s |\n", i+1, conditions[i], g.Outcome.Status(), g.Outcome, token, g.Because)
	}
	b.WriteString("\n")
	return b.String()
}
