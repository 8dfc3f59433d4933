package passwordless

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// Complete completes a login: with the code from a link, or with the handle and
// the short code that was typed. Each outcome spends the code.
//
// A code yields at most one result, across all processes that share the store:
// spending it is the gate, and happens before anything is minted. If a later
// step fails the code is spent, and the person asks for another; we prefer a
// lost login to a replayed one.
//
// ErrRefused is the one answer to a code that is wrong, expired, spent,
// exhausted or unknown, and to a person who is gone. A short code is guessed at
// most five times, and twenty a day; what was charged for a right one is given
// back. ErrOtherBrowser spends nothing, but the guess at a short code. Other errors: a
// *ValidationError about the request; one that wraps ErrVetoed; any other means
// that something failed, and the code may be spent.
//
// Complete does not limit requests for each client; put it behind a limiter.
func (l *Login) Complete(ctx context.Context, r LoginRequest) (*Result, error) {
	if r.Code.IsZero() {
		return nil, field("blank", "code", "It is required.")
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	r = r.merged()
	s, err := l.take(ctx, shown{
		purpose:       walk.Login,
		handle:        r.Code,
		code:          r.OneTimeCode,
		guess:         l.guess(r.OneTimeCode),
		trust:         r.TwoFactorTrustID,
		tenantID:      r.TenantID,
		applicationID: r.ApplicationID,
	})
	if err == nil {
		err = s.keepTo(r.Browser, r.OtherBrowser)
	}
	if err != nil {
		l.tell(ctx, s.failure(LoginFailed, err, r))
		return nil, refused(err)
	}
	l.prove(&s)
	return l.conclude(ctx, s, r)
}

// shown is what somebody shows to take the next step.
type shown struct {
	purpose       string
	handle        secret.Text
	code          secret.Text  // zero: none
	guess         *store.Guess // what it is charged by; nil: nothing
	trust         secret.Text  // of a device; zero: none
	tenantID      string       // empty: not said
	applicationID string       // empty: not said
}

// step is a ticket whose proof was right, and all that a decision reads.
type step struct {
	walk.Ticket
	place
	user     identity.User
	factors  []store.Factor
	trusted  bool // the device may skip the second factor
	trust    bool // and is to be trusted from now on
	demanded bool // the caller's hook asks for a second factor
	epoch    int64
	now      time.Time
	refund   *store.Hash // the charge of the right guess
}

// take opens the ticket of a handle and checks its proof. A guess is charged
// before it is compared, and nobody's is compared like anybody's. The step that
// comes with an error is for the event alone.
func (l *Login) take(ctx context.Context, w shown) (step, error) {
	s := step{now: l.now()}
	id := walk.ID(w.purpose, w.handle)
	o, err := l.c.Store.Open(ctx, id, w.guess, mfa.GrantOf(w.trust), s.now)
	if err = unopened(err); err != nil {
		if is(err, Exhausted) {
			s.Ticket, s.user.ID = l.exhausted(ctx, id, w.purpose, s.now)
		}
		return s, err
	}
	if s.Ticket, err = l.desk.Read(o.Ticket, w.purpose); err != nil {
		return s, unopened(err)
	}
	s.user, s.factors, s.epoch = o.User, o.Factors, o.Epoch
	if w.tenantID != "" && w.tenantID != s.Tenant || w.applicationID != "" && w.applicationID != s.Facts.Application {
		return s, because(Elsewhere)
	}
	if s.place, err = l.place(ctx, s.Facts.Application, ""); err != nil {
		return s, err
	}
	if s.tenant.ID != s.Tenant {
		return s, because(Elsewhere)
	}
	if err := s.permits(w.purpose); err != nil && byMessage(s.Facts) {
		return s, err
	}
	if err := l.proof(&s, w); err != nil {
		return s, err
	}
	if s.user.ID == "" {
		return s, because(NoUser)
	}
	if !l.holds(s.Ticket, s.user, s.place) || s.outlived() {
		return s, because(Moved)
	}
	s.trusted = mfa.Trusted(o.Trust, w.trust, s.person(), s.now)
	return s, nil
}

// exhausted reads whose ticket it is that was not opened, for the event alone.
// It is read for nobody's too.
func (l *Login) exhausted(ctx context.Context, id store.Hash, purpose string, now time.Time) (walk.Ticket, string) {
	found, err := l.c.Store.OpenTicket(ctx, id, nil, now)
	if err != nil {
		return walk.Ticket{}, ""
	}
	t, err := l.desk.Read(found, purpose)
	if err != nil {
		return walk.Ticket{}, ""
	}
	return t, t.User
}

// guess is what a short code is charged by; nothing, where none is given.
func (l *Login) guess(code secret.Text) *store.Guess {
	if code.IsZero() {
		return nil
	}
	return &store.Guess{PerTicket: l.limits.GuessesPerTicket, PerBudget: l.limits.GuessesPerDay, Window: day}
}

// proof checks that what the ticket asks for was shown.
func (l *Login) proof(s *step, w shown) error {
	if s.Sends == 0 && !s.Facts.Disclosed {
		return because(NeverSent)
	}
	if w.guess != nil && w.guess.PerBudget > 0 {
		budget := s.Budget
		s.refund = &budget
	}
	if !s.Facts.Form {
		return nil
	}
	if w.code.IsZero() {
		return because(NoCode)
	}
	typed := secret.New(codes(s.tenant, s.Purpose, s.Facts.Identity.Type).Canonical(w.code.Reveal()))
	right, err := l.desk.Matches(s.Ticket, typed)
	if err != nil {
		return err
	}
	if !right {
		return because(WrongCode)
	}
	return nil
}

// holds says whether what a ticket pins still does: its user, who has the login
// id and the address that it was started with and may still do so.
func (l *Login) holds(t walk.Ticket, u identity.User, p place) bool {
	if u.ID == "" || u.ID != t.User || u.TenantID != t.Tenant {
		return false
	}
	held, ok := u.Identity(t.Facts.Identity)
	if !ok || !p.admits(t.Purpose, u, held) {
		return false
	}
	return !byMessage(t.Facts) || l.address(u, t.Facts.Identity, p.tenant) == t.Facts.To
}

// outlived says whether everything of the user was revoked after the walk had
// proven something, which ended with it.
func (s *step) outlived() bool { return s.Facts.Proves() && s.Facts.Epoch != s.epoch }

// prove notes what a login ticket proves: the address that its message went to,
// if the proof was nowhere else.
func (l *Login) prove(s *step) {
	f := &s.Facts
	if s.Sends > 0 && f.Identity == f.To && (!f.Disclosed || l.c.InsecureTrustStartedCodes) {
		f.Proven = true
	}
	if len(f.Methods) > 0 {
		return
	}
	f.Methods = []string{"otp"}
	if f.To.Type == identity.PhoneNumber {
		f.Methods = append(f.Methods, "sms")
	}
}

// failed is an error that is refused, and the reason that only an event tells.
type failed struct {
	reason Reason
	err    error
}

func (f *failed) Error() string { return "passwordless: refused: " + string(f.reason) }
func (f *failed) Unwrap() error { return f.err }

func because(r Reason) error { return &failed{reason: r, err: ErrRefused} }

// is says whether an error is refused for a reason.
func is(err error, r Reason) bool {
	var f *failed
	return errors.As(err, &f) && f.reason == r
}

// unopened is why a ticket did not open; nil if it did.
func unopened(err error) error {
	var spent *store.LimitError
	switch {
	case errors.Is(err, store.ErrNotFound):
		return because(NoTicket)
	case errors.As(err, &spent):
		return because(Exhausted)
	}
	return err
}

// refused keeps the reason from the caller.
func refused(err error) error {
	var f *failed
	if errors.As(err, &f) {
		return f.err
	}
	return err
}

// failure is the event of a step that did not succeed.
func (s step) failure(t EventType, err error, r LoginRequest) Event {
	e := s.event(t, r)
	var f *failed
	if errors.As(err, &f) {
		e.Reason = f.reason
	} else {
		e.Reason, e.Err = Broken, err
	}
	if e.Reason == Exhausted {
		e.Type = GuessesExhausted
	}
	return e
}

func (s step) event(t EventType, r LoginRequest) Event {
	return Event{
		Type:         t,
		At:           s.now,
		Tenant:       s.Tenant,
		Application:  s.Facts.Application,
		User:         s.user.ID,
		Walk:         s.Walk,
		NewDevice:    r.NewDevice,
		OtherBrowser: s.Facts.OtherBrowser,
		IPAddress:    r.EventInfo.IPAddress,
		Info:         r.EventInfo,
	}
}

// decision is where a proven step ends.
func (s step) decision() outcome.Decision {
	return outcome.Of(outcome.Case{
		User:         s.user,
		Tenant:       s.tenant,
		Application:  s.application,
		Identity:     s.Facts.Identity,
		Verified:     s.implicit(),
		Carrier:      s.Facts.To,
		Methods:      store.Methods(s.factors),
		Trusted:      s.trusted,
		Demanded:     s.demanded,
		SecondFactor: s.Facts.SecondFactor,
		Now:          s.now,
	}).Decide()
}
