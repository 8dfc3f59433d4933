package mfa

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// enrolledCodes is what the key of the codes is for that a login goes on by after
// a method was confirmed in it.
const enrolledCodes secret.Use = "enrolled in login"

// enrolledCode proves a method that was confirmed in a login to that login. It is
// computed from the ticket, which is spent once, and from the confirmation: to
// any other ticket, and once the method is gone, it proves nothing.
func (f *Factors) enrolledCode(p Person, x store.Factor) secret.Issued {
	mac := f.c.Keys.MAC(enrolledCodes, confirmation(p, x)...)
	return secret.Issue(x.ID + "." + base64.RawURLEncoding.EncodeToString(mac[:]))
}

func confirmation(p Person, x store.Factor) []string {
	return []string{p.Tenant.ID, p.User.ID, string(p.Ticket.ID[:]), x.ID, strconv.FormatInt(x.Confirmed.UnixMilli(), 10)}
}

// splitEnrolled reads what has the form of an enrolledCode, which is that of no
// other code.
func splitEnrolled(typed secret.Text) (methodID string, mac []byte, ok bool) {
	methodID, text, ok := strings.Cut(typed.Reveal(), ".")
	if !ok || len(text) != base64.RawURLEncoding.EncodedLen(len(store.Hash{})) {
		return "", nil, false
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return methodID, mac, err == nil
}

// Guessable says whether a code can be guessed, so that who opens a ticket with it
// charges it: all can but what has the form of a [Confirmed]'s, 256 bits of which
// nobody guesses, and which is compared with that alone.
func Guessable(code secret.Text) bool {
	_, _, unguessable := splitEnrolled(code)
	return !unguessable
}

// proveEnrolled compares a code with the one that a confirmation gave.
func (f *Factors) proveEnrolled(ctx context.Context, c Challenge, methodID string, mac []byte) (Proof, error) {
	x, err := c.usable(methodID)
	if err != nil || c.MethodID != "" && c.MethodID != methodID {
		return Proof{}, ErrWrongCode
	}
	right := 0
	for _, given := range f.c.Keys.MACs(enrolledCodes, confirmation(c.Person, x)...) {
		right |= subtle.ConstantTimeCompare(given[:], mac)
	}
	if right != 1 {
		return Proof{}, ErrWrongCode
	}
	return f.used(ctx, x, nil)
}
