package mfa

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// EnrolRequest asks for a new method.
type EnrolRequest struct {
	// Kind is identity.MethodAuthenticator, MethodEmail or MethodSMS. Required.
	Kind string

	// Name is what the person calls it, at most 256 characters. It may be empty.
	Name string

	// To is the address or number, as typed; Country is where the number is from:
	// two capital letters of ISO 3166-1, AC or TA. A number that begins with a
	// plus sign needs none.
	To      string
	Country string

	// Secret is an authenticator's, 20 to 128 bytes, where the caller made it, as
	// with [NewSecret], and has shown it already. Zero: one is made.
	Secret Secret

	// OnlyOne refuses a second method of the kind.
	OnlyOne bool

	// Code proves a factor that the user has, with MethodID as in [Challenge].
	// Who has none yet needs none.
	Code     secret.Text
	MethodID string

	// InsecureSkipProof adds a method to others without a proof of one. It is
	// right where the caller has demanded one itself, a moment ago, or is an
	// administrator's tool: else whoever takes over a session keeps the account.
	InsecureSkipProof bool
}

// Enrolment is a method that waits to be confirmed, and what the person needs
// for it. It is shown once: the secret cannot be had again.
type Enrolment struct {
	MethodID     string        `json:"methodId,omitempty"`
	Kind         string        `json:"method,omitempty"`
	Secret       secret.Issued `json:"secret,omitzero"` // an authenticator's, base64
	SecretBase32 secret.Issued `json:"secretBase32Encoded,omitzero"`
	URI          secret.Issued `json:"uri,omitzero"` // otpauth://, for a link or a QR code
	Expires      time.Time     `json:"-"`            // of the code that was sent or, for an authenticator, of the enrolment
}

// Enrol begins to add a method for a signed-in user. It counts for nothing
// before [Factors.Confirm]. An authenticator's secret is returned; to an address
// or number a code is sent at once, in its canonical form. Another one of the
// kind that still waits is replaced; none waits longer than an hour.
//
// Errors: an *identity.FieldError for what cannot be read; ErrNotAllowed if the
// tenant does not allow the kind; ErrUnverified; ErrAlreadyConfigured if the
// address is a method's already or, with OnlyOne, if the kind is; ErrTooMany;
// those of [Factors.Prove] for Code; an *ExhaustedError if there have been too
// many messages, when the method waits all the same; ErrUnknownUser, ErrInactive.
func (f *Factors) Enrol(ctx context.Context, who Who, r EnrolRequest) (Enrolment, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return Enrolment{}, err
	}
	return f.EnrolFor(ctx, p, r)
}

// EnrolFor is Enrol for a person that the caller has just read. In a login that
// lacks a factor, which p.Ticket says, it is ErrAlreadyConfigured if there is
// one after all, and ErrNotAllowed for the channel that the login's code took.
func (f *Factors) EnrolFor(ctx context.Context, p Person, r EnrolRequest) (Enrolment, error) {
	x, err := f.draft(p, r)
	if err != nil {
		return Enrolment{}, err
	}
	if err := f.mayAdd(ctx, p, r); err != nil {
		return Enrolment{}, err
	}
	key := r.Secret.bytes()
	if x.Kind == identity.MethodAuthenticator {
		if key == nil {
			key = newKey(x.Codes.Algorithm)
		}
		x.Sealed = f.seal(key, x.FactorID)
	}
	if err := f.put(ctx, x); err != nil {
		return Enrolment{}, err
	}
	f.tell(ctx, p, Event{Type: EnrolmentStarted, Method: x.ID, Kind: x.Kind})
	if x.Kind == identity.MethodAuthenticator {
		return enrolment(p, x, key), nil
	}
	sent, err := f.send(ctx, p, x, confirmPurpose)
	return Enrolment{MethodID: x.ID, Kind: x.Kind, Expires: sent.Expires}, err
}

// put has a method wait to be confirmed.
func (f *Factors) put(ctx context.Context, x store.Factor) error {
	err := f.c.Store.PutFactor(ctx, x)
	if errors.Is(err, store.ErrExists) {
		return ErrAlreadyConfigured
	}
	return err
}

func enrolment(p Person, x store.Factor, key []byte) Enrolment {
	return Enrolment{
		MethodID:     x.ID,
		Kind:         x.Kind,
		Secret:       secret.Issue(base64.StdEncoding.EncodeToString(key)),
		SecretBase32: secret.Issue(base32Text.EncodeToString(key)),
		URI:          secret.Issue(keyURI(issuer(p), account(p), key, x.Codes)),
		Expires:      x.Created.Add(pendingLifetime),
	}
}

// draft is the method that a request asks for.
func (f *Factors) draft(p Person, r EnrolRequest) (store.Factor, error) {
	if !slices.Contains(p.Tenant.ConfigurableMethods(), r.Kind) || p.inLogin() && p.sameChannel(r.Kind) {
		return store.Factor{}, ErrNotAllowed
	}
	if err := checkName(r.Name); err != nil {
		return store.Factor{}, err
	}
	x := store.Factor{Kind: r.Kind, Name: r.Name, Created: f.now(), First: len(p.confirmed()) == 0}
	var err error
	switch r.Kind {
	case identity.MethodAuthenticator:
		x.Codes, err = p.Tenant.Authenticator(), r.Secret.check()
	case identity.MethodEmail:
		x.To, err = f.parseEmail(r.To)
	case identity.MethodSMS:
		x.To, err = f.parsePhone(r.To, r.Country)
	}
	if err != nil {
		return store.Factor{}, err
	}
	x.FactorID = p.id(newID(p))
	// Under the id of the one before, its code would confirm this one: it keeps that
	// only where the code goes to the same address.
	if before, ok := p.pending(r.Kind); ok && x.To != "" && before.To == x.To {
		x.FactorID = before.FactorID
	}
	return x, taken(p, x, r.OnlyOne)
}

func (f *Factors) parseEmail(typed string) (string, error) {
	address, err := f.emails.ParseEmail(typed)
	if err != nil {
		return "", &identity.FieldError{Field: "email", Tag: identity.TagInvalid, Reason: "is not an e-mail address"}
	}
	return address, nil
}

func (f *Factors) parsePhone(typed, country string) (string, error) {
	if f.c.Phones == nil {
		return "", ErrNotAllowed
	}
	unknown := &identity.FieldError{Field: "country", Tag: identity.TagInvalid, Reason: "is not a country that is served"}
	if country != "" && (len(country) != 2 || strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return "", unknown
	}
	phones := f.c.Phones(country)
	if phones == nil {
		return "", unknown
	}
	if checks, ok := phones.(interface{ Check() error }); ok && checks.Check() != nil {
		return "", unknown
	}
	number, err := phones.ParsePhone(typed)
	if err != nil {
		return "", &identity.FieldError{Field: "mobilePhone", Tag: identity.TagInvalid, Reason: "is not a phone number"}
	}
	return number, nil
}

// taken says whether a person has a method already.
func taken(p Person, x store.Factor, onlyOne bool) error {
	confirmed := p.confirmed()
	if len(confirmed) >= mostMethods {
		return ErrTooMany
	}
	for _, other := range confirmed {
		if other.Kind == x.Kind && (onlyOne || x.To != "" && other.To == x.To) {
			return ErrAlreadyConfigured
		}
	}
	return nil
}

// mayAdd says whether a person may add a method: with a verified identity and,
// if there are factors, the proof of one.
func (f *Factors) mayAdd(ctx context.Context, p Person, r EnrolRequest) error {
	if !p.verified() {
		return ErrUnverified
	}
	switch {
	case len(p.confirmed()) == 0:
		return nil
	case p.inLogin():
		return ErrAlreadyConfigured
	case r.InsecureSkipProof:
		return nil
	}
	_, err := f.Prove(ctx, Challenge{Person: p, MethodID: r.MethodID}, r.Code)
	return err
}

// ids makes the short ids of methods, as FusionAuth's 35VW.
var ids = secret.Generator{Kind: secret.RandomAlphaNumeric, Length: 4}

// newID is one that no method of the person has.
func newID(p Person) string {
	for {
		id := ids.New().Reveal()
		if _, has := p.factor(id); !has {
			return id
		}
	}
}

// newKey is a new secret, as long as its algorithm's hash (RFC 6238, section 5.1).
func newKey(a identity.TOTPAlgorithm) []byte {
	size := 20
	switch a {
	case identity.HmacSHA256:
		size = 32
	case identity.HmacSHA512:
		size = 64
	}
	key := make([]byte, size)
	rand.Read(key)
	return key
}

func checkName(name string) error {
	const longest = 256
	hidden := !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl)
	if hidden || utf8.RuneCountInString(name) > longest {
		return &identity.FieldError{Field: "name", Tag: identity.TagInvalid, Reason: "must be at most 256 characters, none of control"}
	}
	return nil
}
