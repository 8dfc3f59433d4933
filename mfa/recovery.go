package mfa

import (
	"strings"

	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// recoveryCodes is what the key of recovery codes is for.
const recoveryCodes secret.Use = "recovery code"

const (
	recoverySet    = 10 // codes that a person is given
	recoveryGroups = 3  // of five characters each: 74 bits, more than a hash needs a salt for
	recoveryGroup  = 5
)

var (
	recoveryPart = secret.Generator{Kind: secret.RandomAlphaNumeric, Length: recoveryGroup}
	recoveryText = secret.Generator{Kind: secret.RandomAlphaNumeric, Length: 12} // for its spelling alone
)

// newRecoveryCodes are ten codes such as QJD73-L6GR5-9XM4T, to be shown once.
func newRecoveryCodes() []secret.Issued {
	set := make([]secret.Issued, recoverySet)
	for i := range set {
		groups := make([]string, recoveryGroups)
		for j := range groups {
			groups[j] = recoveryPart.New().Reveal()
		}
		set[i] = secret.Issue(strings.Join(groups, "-"))
	}
	return set
}

// parseRecoveryCode is what was typed in the one form that is compared, if it
// has the form of a recovery code. Case and hyphens do not matter; anything else
// does.
func parseRecoveryCode(typed secret.Text) (canonical string, ok bool) {
	const most = 2 * recoveryGroups * recoveryGroup // hyphens included
	text := typed.Reveal()
	if len(text) > most {
		return "", false
	}
	text = recoveryText.Canonical(strings.ReplaceAll(text, "-", ""))
	if len(text) != recoveryGroups*recoveryGroup {
		return "", false
	}
	for i := range len(text) {
		if c := text[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return "", false
		}
	}
	return text, true
}

// hashes are what a person's recovery codes are kept as.
func (f *Factors) hashes(p Person, codes []secret.Issued) []store.Hash {
	kept := make([]store.Hash, len(codes))
	for i, c := range codes {
		canonical, _ := parseRecoveryCode(c.Text)
		kept[i] = f.c.Keys.MAC(recoveryCodes, p.Tenant.ID, p.User.ID, canonical)
	}
	return kept
}

// anyHash is what a code may be kept as, under each live key.
func (f *Factors) anyHash(p Person, canonical string) []store.Hash {
	macs := f.c.Keys.MACs(recoveryCodes, p.Tenant.ID, p.User.ID, canonical)
	hashes := make([]store.Hash, len(macs))
	for i, m := range macs {
		hashes[i] = m
	}
	return hashes
}
