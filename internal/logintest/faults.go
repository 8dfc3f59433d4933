package logintest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// errFault is what a store says that fails.
var errFault = errors.New("fault")

// Ways for a call to fail.
var faults = []struct {
	name string
	fail func(c Call, cancel context.CancelFunc) error
}{
	{"before", func(Call, context.CancelFunc) error { return errFault }},
	{"after", func(c Call, _ context.CancelFunc) error { c.Do(); return errFault }},
	{"timed out before", func(Call, context.CancelFunc) error { return context.DeadlineExceeded }},
	{"timed out after", func(c Call, _ context.CancelFunc) error { c.Do(); return context.DeadlineExceeded }},
	{"cancelled before", func(c Call, cancel context.CancelFunc) error { cancel(); return c.Do() }},
	{"cancelled after", func(c Call, cancel context.CancelFunc) error {
		err := c.Do()
		cancel()
		return err
	}},
}

// attempt is a call that a fault is to befall. It says what was gained by it.
type attempt func(context.Context) (gain, error)

// gain is what a caller has after a call.
type gain struct {
	done  bool // the ticket was taken
	token bool
	next  bool // a handle for the next step
}

// act is a call to be swept, on a stage of its own.
type act struct {
	name string
	set  func(*House) attempt
}

// Faults lets every call of the store fail, one at a time and in every way, in
// every call of a login: there is no token without a login that is stored and a
// ticket that is spent, never a second login or session, and no success of a
// call whose store failed.
func Faults(t *testing.T, open func(*testing.T) Backend) {
	for _, a := range acts() {
		calls := sweep(t, open, a, 0, "", nil)
		if len(calls) == 0 {
			t.Errorf("%s calls no store", a.name)
		}
		for k := range calls {
			for _, f := range faults {
				sweep(t, open, a, k+1, calls[k]+" fails: "+f.name, f.fail)
			}
		}
	}
}

// sweep plays an act with a fault at the kth call, or none at zero, and returns
// the calls that there were.
func sweep(t *testing.T, open func(*testing.T) Backend, a act, k int, what string, fail func(Call, context.CancelFunc) error) []string {
	var calls []string
	armed, failed := false, ""
	cancelled, cancel := context.WithCancel(t.Context())
	defer cancel()
	b := open(t)
	whole := b.Store
	b.Store = Tap(whole, func(c Call) error {
		if !armed {
			return c.Do()
		}
		calls = append(calls, c.Method)
		if len(calls) != k {
			return c.Do()
		}
		failed = c.Method
		return fail(c, cancel)
	})
	h := Open(t, b)
	try := a.set(h)
	armed = true
	got, err := safely(cancelled, try)
	armed = false
	report := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s, call %d, %s: %s", a.name, k, what, fmt.Sprintf(format, args...))
	}
	h.Backend.Store = whole
	switch {
	case k == 0 && err != nil:
		report("failed without a fault: %v", err)
	case err != nil && got != gain{}:
		report("an error came with %+v", got)
	case err == nil && failed != "" && failed != "RecordLogin" && cancelled.Err() == nil:
		report("succeeded, want an error")
	}
	if err != nil {
		h.keepsQuiet(err, report)
	}
	if got.token && h.logins() != 1 {
		report("a token was given and %d logins are stored, want 1", h.logins())
	}

	again, err := safely(t.Context(), try)
	if got.done && err == nil {
		report("it succeeded twice")
	}
	if logins := h.logins(); logins > 1 || again.token && logins != 1 {
		report("%d logins are stored after another try", logins)
	}
	if sessions := h.Sessions(h.Now()); sessions > 1 {
		report("%d sessions live after another try", sessions)
	}
	return calls
}

// safely makes a panic an error.
func safely(ctx context.Context, try attempt) (g gain, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return try(ctx)
}

// keepsQuiet checks that an error is no panic and tells nothing of anybody.
func (h *House) keepsQuiet(err error, report func(string, ...any)) {
	text := err.Error()
	if strings.HasPrefix(text, "panic") {
		report("%s", text)
	}
	for _, m := range h.Inbox.Messages() {
		for _, canary := range []string{Email, Phone, Username, UserID, m.Code.Reveal(), m.Link.Reveal()} {
			if canary != "" && strings.Contains(text, canary) {
				report("the error tells of the person or the code")
			}
		}
	}
}

// logins counts what was stored.
func (h *House) logins() int { return h.LoginsAt(h.Now()) }

// acts are the calls of a login, each in the cases that go different ways.
func acts() []act {
	all := []act{
		{"Begin by code", beginning(identity.FormField, Email)},
		{"Begin by link", beginning(identity.ClickableLink, Email)},
		{"Begin for nobody", beginning(identity.FormField, "nobody@piedpiper.com")},
		{"Start", func(h *House) attempt {
			return func(ctx context.Context) (gain, error) {
				s, err := h.Login().Start(ctx, StartFrom(0))
				return gain{next: !s.Code.IsZero()}, err
			}
		}},
		{"Start for nobody, revealed", func(h *House) attempt {
			r := StartFrom(0)
			r.LoginID, r.RevealUnknown = "nobody@piedpiper.com", true
			return func(ctx context.Context) (gain, error) {
				s, err := h.Login().Start(ctx, r)
				if errors.Is(err, passwordless.ErrUnknownUser) {
					err = nil
				}
				return gain{next: !s.Code.IsZero()}, err
			}
		}},
		{"Send", func(h *House) attempt {
			code := h.Form().Code
			h.Advance(time.Minute)
			return func(ctx context.Context) (gain, error) {
				return gain{}, h.Login().Send(ctx, passwordless.SendRequest{Code: code})
			}
		}},
		{"Peek", func(h *House) attempt {
			code := h.Link().Code
			return func(ctx context.Context) (gain, error) {
				_, err := h.Login().Peek(ctx, passwordless.PeekRequest{Code: code})
				return gain{}, err
			}
		}},
		{"ChangePassword", changing},
		{"CheckChangePassword", func(h *House) attempt {
			r := h.passwordToChange()
			return func(ctx context.Context) (gain, error) { return gain{}, h.Login().CheckChangePassword(ctx, r) }
		}},
		{"AttestIdentity", func(h *House) attempt {
			h.Put(Unverified(h.User()))
			r := passwordless.AttestRequest{ApplicationID: ApplicationID, LoginID: Email, LoginIDType: identity.Email}
			return func(ctx context.Context) (gain, error) { return gain{}, h.Login().AttestIdentity(ctx, r) }
		}},
		{"Identify", func(h *House) attempt {
			r := passwordless.IdentifyRequest{ApplicationID: ApplicationID, LoginID: Email}
			return func(ctx context.Context) (gain, error) {
				who, err := h.Login().Identify(ctx, r)
				return gain{next: who.UserID != ""}, err
			}
		}},
		{"VerifyIdentity", verifying(true)},
		{"VerifyRegistration", verifying(false)},
	}
	for name, change := range Outcomes() {
		all = append(all,
			act{"Complete by link: " + name, completing(identity.ClickableLink, change)},
			act{"Complete by code: " + name, completing(identity.FormField, change)})
	}
	slices.SortFunc(all, func(a, b act) int { return strings.Compare(a.name, b.name) })
	return all
}

func beginning(strategy identity.LoginStrategy, loginID string) func(*House) attempt {
	return func(h *House) attempt {
		r := StartFrom(0)
		r.LoginID, r.LoginStrategy = loginID, strategy
		return func(ctx context.Context) (gain, error) {
			b, err := h.Login().Begin(ctx, r)
			return gain{next: !b.Code.IsZero()}, err
		}
	}
}

func completing(strategy identity.LoginStrategy, change func(*House, *identity.User)) func(*House) attempt {
	return func(h *House) attempt {
		u := h.User()
		change(h, &u)
		h.Put(u)
		r := h.by(strategy)
		return func(ctx context.Context) (gain, error) {
			result, err := h.Login().Complete(ctx, r)
			if result == nil {
				return gain{}, err
			}
			return gain{done: true, token: !result.Response.Token.IsZero()}, err
		}
	}
}

// passwordToChange has the sample user come to outcome 203.
func (h *House) passwordToChange() passwordless.ChangePasswordRequest {
	u := h.User()
	u.PasswordChangeRequired = true
	h.Put(u)
	h.Config.SetPassword = func(ctx context.Context, _ passwordless.PasswordChange) error { return ctx.Err() }
	return passwordless.ChangePasswordRequest{
		ChangePasswordID: h.Complete(h.Link()).Response.ChangePasswordID.Text,
		Password:         secret.New("piper-net-3000"),
	}
}

func changing(h *House) attempt {
	r := h.passwordToChange()
	return func(ctx context.Context) (gain, error) {
		response, err := h.Login().ChangePassword(ctx, r)
		return gain{done: err == nil, next: !response.OneTimePassword.IsZero()}, err
	}
}

func verifying(ofIdentity bool) func(*House) attempt {
	return func(h *House) attempt {
		u := Unverified(h.User())
		u.Registrations[0].Verified = false
		h.Put(u)
		verify := h.Login().VerifyIdentity
		r := h.Verification()
		if !ofIdentity {
			verify = h.Login().VerifyRegistration
			r = h.VerificationOfRegistration()
		}
		return func(ctx context.Context) (gain, error) {
			_, err := verify(ctx, r)
			return gain{done: err == nil}, err
		}
	}
}
