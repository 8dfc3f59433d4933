// Package walk is a login's way from ticket to ticket: what a ticket pins, how
// its secrets are made, and how what comes back is compared.
package walk

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// The steps a ticket can be for. A ticket for one is never accepted for another.
const (
	Login              = "login"
	TwoFactor          = "two-factor"
	ChangePassword     = "change-password"
	VerifyIdentity     = "verify-identity"
	VerifyRegistration = "verify-registration"
)

// Facts is what a ticket pins beside its holder: what the walk was started
// with, and what it has proven so far.
type Facts struct {
	Application  string              `json:"a,omitempty"`
	Identity     identity.Identifier `json:"i,omitzero"` // the login id used, or to be verified
	To           identity.Identifier `json:"t,omitzero"` // where messages go; zero: nowhere
	Form         bool                `json:"f,omitempty"`
	Disclosed    bool                `json:"d,omitempty"` // the caller was given the proof
	Started      identity.Instant    `json:"b,omitzero"`
	Proven       bool                `json:"p,omitempty"` // Identity, by a message only its holder gets
	SecondFactor bool                `json:"m,omitempty"` // proven on this walk
	Epoch        int64               `json:"e,omitempty"` // of the user, when what is proven was
	Methods      []string            `json:"r,omitempty"` // how, as RFC 8176 names it
	State        identity.Object     `json:"s,omitempty"`
	Method       string              `json:"k,omitempty"` // the second factor that Code was sent for; empty: none
	Bound        []byte              `json:"c,omitempty"` // a hash of what a trust token is asked for
	Browser      []byte              `json:"w,omitempty"` // a hash of its secret; empty: whichever
	OtherBrowser bool                `json:"x,omitempty"` // the person went on in another than they asked in
	Origin       Origin              `json:"o,omitzero"`
}

// Origin is where a walk was begun, as a caller saw it.
type Origin struct {
	IPAddress string `json:"i,omitempty"`
	Device    string `json:"d,omitempty"`
	UserAgent string `json:"u,omitempty"`
	Location  string `json:"l,omitempty"`
}

// Browser is what of a browser's secret a walk keeps; of none, nothing. It differs
// from walk to walk, so that a table of tickets does not tell which share one.
func Browser(walk string, browser secret.Text) []byte {
	if browser.IsZero() {
		return nil
	}
	sum := secret.Sum("browser", walk, browser.Reveal())
	return sum[:]
}

// In says whether a walk belongs to the browser with that secret. One that
// belongs to none is in no browser.
func (f Facts) In(walk string, browser secret.Text) bool {
	return len(f.Browser) > 0 && subtle.ConstantTimeCompare(f.Browser, Browser(walk, browser)) == 1
}

// Proves says whether something was proven on the walk, which whoever holds the
// ticket's handle need not prove again.
func (f Facts) Proves() bool { return len(f.Methods) > 0 }

// Ticket is a live ticket with what it pins.
type Ticket struct {
	store.Ticket
	Facts Facts
}

// ID is what a ticket is kept under.
func ID(purpose string, handle secret.Text) store.Hash {
	return secret.Sum("ticket", purpose, handle.Reveal())
}

// NewWalk names a walk.
func NewWalk() string { return uuid.NewString() }

// Budget is the meter that guesses for purpose are charged to: the user's, or
// while there is none, the identity's.
func Budget(purpose, tenant, user string, id identity.Identifier) store.Hash {
	if user != "" {
		return secret.Sum("guess", purpose, tenant, "user", user)
	}
	return secret.Sum("guess", purpose, tenant, string(id.Type), id.Value)
}

// Destination is the meter of the messages to one address, whatever they are for.
func Destination(tenant string, to identity.Identifier) store.Hash {
	return secret.Sum("sends", tenant, string(to.Type), to.Value)
}

// Desk makes tickets and reads them.
type Desk struct {
	Keys *secret.Keyring
}

// codes is what the short code in a ticket is sealed for.
const codes secret.Use = "ticket code"

// Draft is a ticket yet to be made. Its ID, Code and Data are the desk's to fill.
type Draft struct {
	store.Ticket
	Facts  Facts
	Handle secret.Generator
	Code   secret.Generator // zero: the handle is the proof
}

// Make makes a ticket of a draft, with the handle that opens it and, if it has
// one, the short code that must come with the handle.
func (d Desk) Make(draft Draft) (t store.Ticket, handle, code secret.Text, err error) {
	t = draft.Ticket
	handle = draft.Handle.New()
	t.ID = ID(t.Purpose, handle)
	if t.Data, err = draft.Facts.Encode(); err != nil {
		return store.Ticket{}, secret.Text{}, secret.Text{}, err
	}
	if !draft.Code.IsZero() {
		code = draft.Code.New()
		t.Code = d.seal(t.ID, t.Purpose, code)
	}
	return t, handle, code, nil
}

// Recode gives a ticket another short code.
func (d Desk) Recode(t Ticket, g secret.Generator) (sealed []byte, code secret.Text) {
	code = g.New()
	return d.seal(t.ID, t.Purpose, code), code
}

// Read decodes what a ticket pins. A ticket for another purpose is
// store.ErrNotFound, like one that is not there.
func (d Desk) Read(t store.Ticket, purpose string) (Ticket, error) {
	if t.Purpose != purpose {
		return Ticket{}, store.ErrNotFound
	}
	var f Facts
	if err := json.Unmarshal(t.Data, &f); err != nil {
		return Ticket{}, fmt.Errorf("walk: ticket data: %w", err)
	}
	return Ticket{Ticket: t, Facts: f}, nil
}

// Matches says whether typed, in its canonical form, is the ticket's short code.
// A ticket without one matches nothing. An error means the code cannot be read.
func (d Desk) Matches(t Ticket, typed secret.Text) (bool, error) {
	if t.Code == nil {
		return false, nil
	}
	code, err := d.Keys.Open(codes, t.Code, string(t.ID[:]), t.Purpose)
	if err != nil {
		return false, fmt.Errorf("walk: ticket code: %w", err)
	}
	return secret.New(string(code)).Equal(typed), nil
}

func (d Desk) seal(id store.Hash, purpose string, code secret.Text) []byte {
	return d.Keys.Seal(codes, []byte(code.Reveal()), string(id[:]), purpose)
}

// Encode is the ticket's Data.
func (f Facts) Encode() ([]byte, error) {
	b, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("walk: ticket data: %w", err)
	}
	return b, nil
}

// Cut brings a time to what a store keeps: UTC, milliseconds, no monotonic reading.
func Cut(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }
