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
	if err := f.c.Store.PutFactor(ctx, x); errors.Is(err, store.ErrExists) {
		return Enrolment{}, ErrAlreadyConfigured
	} else if err != nil {
		return Enrolment{}, err
	}
	f.tell(ctx, p, Event{Type: EnrolmentStarted, Method: x.ID, Kind: x.Kind})
	if x.Kind == identity.MethodAuthenticator {
		return enrolment(p, x, key), nil
	}
	sent, err := f.send(ctx, p, x, confirmPurpose)
	return Enrolment{MethodID: x.ID, Kind: x.Kind, Expires: sent.Expires}, err
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
	x := store.Factor{Kind: r.Kind, Name: r.Name, Created: f.now()}
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
	x.FactorID = p.id(replaceable(p, r.Kind))
	if x.ID == "" {
		x.ID = newID(p)
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

// replaceable is the id of the person's method of a kind that waits to be
// confirmed, if there is one.
func replaceable(p Person, kind string) string {
	for _, x := range p.Factors {
		if x.Kind == kind && x.Confirmed.IsZero() {
			return x.ID
		}
	}
	return ""
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

// Confirmed is a method that counts from now on.
type Confirmed struct {
	Method identity.TwoFactorMethod // masked, unless the configuration shows destinations

	// RecoveryCodes are ten, for the first method that a user has. They are shown
	// once; later ones come from [Factors.RegenerateRecoveryCodes].
	RecoveryCodes []secret.Issued
}

// ConfirmRequest confirms a method.
type ConfirmRequest struct {
	MethodID string      // required
	Code     secret.Text // that was sent, or that the authenticator shows

	// InsecureSkipProof confirms a method that was begun before another one was
	// confirmed. It is right where it is right for [EnrolRequest].
	InsecureSkipProof bool
}

// Confirm makes a method count, for a signed-in user who has it at hand. The
// code counts as used: an authenticator's is no login's any more. All trusted
// devices are forgotten, and a notice goes another way.
//
// Errors: ErrNotConfigured if there is no such method, it has waited too long,
// or was begun without the proof that another method demands since; then it is
// enrolled again. ErrAlreadyConfigured if it is confirmed; ErrWrongCode;
// *ExhaustedError; ErrUnverified, ErrUnknownUser, ErrInactive.
func (f *Factors) Confirm(ctx context.Context, who Who, r ConfirmRequest) (Confirmed, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return Confirmed{}, err
	}
	return f.ConfirmFor(ctx, p, r)
}

// ConfirmFor is Confirm for a person that the caller has just read. In a login
// that lacks a factor it is ErrAlreadyConfigured if there is one after all.
func (f *Factors) ConfirmFor(ctx context.Context, p Person, r ConfirmRequest) (Confirmed, error) {
	x, err := f.waiting(p, r)
	if err != nil {
		return Confirmed{}, err
	}
	step, err := f.proveNew(ctx, p, x, r.Code)
	if err != nil {
		f.tellProof(ctx, p, Proof{MethodID: x.ID, Kind: x.Kind}, err)
		return Confirmed{}, err
	}
	if err := f.dropTrust(ctx, p); err != nil {
		return Confirmed{}, err
	}
	codes := newRecoveryCodes()
	first, err := f.c.Store.ConfirmFactor(ctx, x.FactorID, step, f.hashes(p, codes), f.now())
	if err != nil {
		return Confirmed{}, wrongIfGone(err)
	}
	if !first && p.inLogin() {
		return Confirmed{}, f.withdraw(ctx, x)
	}
	f.tell(ctx, p, Event{Type: MethodAdded, Method: x.ID, Kind: x.Kind})
	f.notify(ctx, p, notice{purpose: addedNotice, method: x})
	x.Confirmed, x.Used = f.now(), f.now()
	done := Confirmed{Method: f.shown([]store.Factor{x})[0]}
	if first {
		done.RecoveryCodes = codes
	}
	return done, nil
}

// withdraw takes back what a login without a factor confirmed just as its user
// got one another way: from then on that one must be proven.
func (f *Factors) withdraw(ctx context.Context, x store.Factor) error {
	if err := f.c.Store.RemoveFactors(ctx, x.FactorID); err != nil {
		return err
	}
	return ErrAlreadyConfigured
}

// waiting is a method that may be confirmed.
func (f *Factors) waiting(p Person, r ConfirmRequest) (store.Factor, error) {
	x, ok := p.factor(r.MethodID)
	switch {
	case !ok:
		return x, ErrNotConfigured
	case !x.Confirmed.IsZero():
		return x, ErrAlreadyConfigured
	case !p.verified():
		return x, ErrUnverified
	case p.inLogin() && len(p.confirmed()) > 0:
		return x, ErrAlreadyConfigured
	case p.inLogin() && p.sameChannel(x.Kind):
		return x, ErrNotAllowed
	case !waits(x, f.now()):
		return x, ErrNotConfigured
	}
	overtaken := func(other store.Factor) bool { return other.Confirmed.After(x.Created) }
	if !r.InsecureSkipProof && slices.ContainsFunc(p.confirmed(), overtaken) {
		return x, ErrNotConfigured
	}
	return x, nil
}

// waits says whether a method can yet be confirmed.
func waits(x store.Factor, now time.Time) bool {
	return x.Confirmed.IsZero() && now.Before(x.Created.Add(pendingLifetime))
}

// proveNew checks the code of a method that is to be confirmed, and is an
// authenticator's step.
func (f *Factors) proveNew(ctx context.Context, p Person, x store.Factor, code secret.Text) (int64, error) {
	if x.Kind != identity.MethodAuthenticator {
		return 0, f.takeCode(ctx, p, x, confirmPurpose, code)
	}
	if !digits(code.Reveal()) {
		return 0, ErrWrongCode
	}
	p.Ticket = nil // its guesses are for a proof, not for enrolment
	guess, err := f.charge(ctx, p, budget(p, enrolmentGuesses), f.limits.EnrolmentGuessesPerDay)
	if err != nil {
		return 0, err
	}
	_, step, err := f.matched([]store.Factor{x}, code.Reveal(), f.now())
	if err != nil {
		return 0, err
	}
	if step == 0 {
		return 0, ErrWrongCode
	}
	_, err = f.settle(ctx, guess, Proof{})
	return step, err
}

// SendEnrolmentCode sends the code of a method that waits to be confirmed once
// more, and voids the one before. Errors are those of [Factors.SendCode], and
// ErrAlreadyConfigured.
func (f *Factors) SendEnrolmentCode(ctx context.Context, who Who, methodID string) (Sent, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return Sent{}, err
	}
	x, err := f.waiting(p, ConfirmRequest{MethodID: methodID, InsecureSkipProof: true})
	switch {
	case err != nil:
		return Sent{}, err
	case x.Kind == identity.MethodAuthenticator:
		return Sent{}, ErrNotAllowed
	}
	return f.send(ctx, p, x, confirmPurpose)
}
