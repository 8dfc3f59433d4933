package passwordless_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// proof is a handle and the short code that goes with it, if one does.
type proof struct{ handle, code secret.Text }

// entries are the calls that take a handle.
func entries(l *passwordless.Login) map[string]func(context.Context, proof) error {
	return map[string]func(context.Context, proof) error{
		"Complete": func(ctx context.Context, p proof) error {
			_, err := l.Complete(ctx, passwordless.LoginRequest{ApplicationID: logintest.ApplicationID, Code: p.handle, OneTimeCode: p.code})
			return err
		},
		"Peek": func(ctx context.Context, p proof) error {
			_, err := l.Peek(ctx, passwordless.PeekRequest{Code: p.handle})
			return err
		},
		"Send": func(ctx context.Context, p proof) error {
			return l.Send(ctx, passwordless.SendRequest{Code: p.handle})
		},
		"ChangePassword": func(ctx context.Context, p proof) error {
			_, err := l.ChangePassword(ctx, passwordless.ChangePasswordRequest{ChangePasswordID: p.handle, Password: secret.New("piper-net-3000")})
			return err
		},
		"VerifyIdentity": func(ctx context.Context, p proof) error {
			_, err := l.VerifyIdentity(ctx, passwordless.CompleteVerificationRequest{VerificationID: p.handle, OneTimeCode: p.code})
			return err
		},
		"VerifyRegistration": func(ctx context.Context, p proof) error {
			_, err := l.VerifyRegistration(ctx, passwordless.CompleteVerificationRequest{VerificationID: p.handle, OneTimeCode: p.code})
			return err
		},
		"SendVerifyIdentity": func(ctx context.Context, p proof) error { return l.SendVerifyIdentity(ctx, p.handle, "") },
		"SendVerifyRegistration": func(ctx context.Context, p proof) error {
			return l.SendVerifyRegistration(ctx, p.handle, "")
		},
	}
}

// SEC-08: a handle opens the step it is for and no other.
func TestHandleIsForOnePurpose(t *testing.T) {
	t.Parallel()
	verification := func(r passwordless.CompleteVerificationRequest) proof { return proof{r.VerificationID, r.OneTimeCode} }
	login := func(r passwordless.LoginRequest) proof { return proof{r.Code, r.OneTimeCode} }
	for name, c := range map[string]struct {
		get  func(*logintest.House) proof
		fits []string
	}{
		"a link": {func(h *logintest.House) proof { return login(h.Link()) }, []string{"Peek", "Send", "Complete"}},
		"a form": {func(h *logintest.House) proof { return login(h.Form()) }, []string{"Peek", "Complete"}},
		"a two-factor id": {func(h *logintest.House) proof {
			h.Enrol(identity.MethodAuthenticator, "")
			return proof{handle: h.Complete(h.Link()).Response.TwoFactorID.Text}
		}, nil},
		"a change password id": {changePasswordID, []string{"ChangePassword"}},
		"a one-time password": {func(h *logintest.House) proof {
			set, err := h.Login().ChangePassword(t.Context(), passwordless.ChangePasswordRequest{
				ChangePasswordID: changePasswordID(h).handle, Password: secret.New("piper-net-3000"),
			})
			if err != nil {
				t.Fatal(err)
			}
			return proof{handle: set.OneTimePassword.Text}
		}, []string{"Peek", "Complete"}},
		"an identity's verification": {func(h *logintest.House) proof { return verification(h.Verification()) },
			[]string{"VerifyIdentity"}},
		"a registration's verification": {func(h *logintest.House) proof { return verification(h.VerificationOfRegistration()) },
			[]string{"VerifyRegistration"}},
		"a short code": {func(h *logintest.House) proof { return proof{handle: h.Form().OneTimeCode} }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			h.Config.SetPassword = func(context.Context, passwordless.PasswordChange) error { return nil }
			p := c.get(h)
			all := entries(h.Login())
			for entry, try := range all {
				if !slices.Contains(c.fits, entry) && !sends(entry, name) {
					refused(t, entry, try(t.Context(), p))
				}
			}
			for _, entry := range c.fits {
				if entry == "Send" {
					h.Advance(time.Minute - time.Second)
				}
				var limit *passwordless.RateLimitError
				if err := all[entry](t.Context(), p); err != nil && !errors.As(err, &limit) {
					t.Errorf("%s: %v", entry, err)
				}
			}
		})
	}
}

// sends says whether an entry sends what a name stands for again, which would
// replace the code that is tried.
func sends(entry, name string) bool {
	return entry == "Send" && name == "a form" ||
		entry == "SendVerifyIdentity" && strings.Contains(name, "identity") ||
		entry == "SendVerifyRegistration" && strings.Contains(name, "registration")
}

func changePasswordID(h *logintest.House) proof {
	u := h.User()
	u.PasswordChangeRequired = true
	h.Put(u)
	return proof{handle: h.Complete(h.Link()).Response.ChangePasswordID.Text}
}

// variants are other spellings of a secret. Where it has no letters, or no zero
// in front, some are itself.
func variants(s string) []string {
	wide := strings.Map(func(r rune) rune { return r + 0xFEE0 }, s)
	arabic := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r - '0' + '٠'
		}
		return r
	}, s)
	return []string{
		" " + s, s + " ", s + "\n", s + "\t", "\u00a0" + s, s + "\u2003", s + "\x00", "\x00" + s, s + "=", "0" + s, s + "0", "+" + s,
		s[:len(s)-1], s[1:], s[:1], s + s, strings.Repeat(s, 1000), wide, arabic, s[:3] + "-" + s[3:], s[:3] + " " + s[3:],
		strings.ToUpper(s), strings.ToLower(s), strings.TrimLeft(s, "0"), "\"" + s + "\"", "0", "null", "[redacted]",
	}
}

// SEC-12: nothing but the secret itself matches.
func TestNoVariantMatches(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Limits = logintest.Unlimited()
	ctx, l := t.Context(), h.Login()
	link := h.Link()
	for _, v := range variants(link.Code.Reveal()) {
		if v == link.Code.Reveal() {
			continue
		}
		_, err := l.Complete(ctx, passwordless.LoginRequest{Code: secret.New(v)})
		refused(t, "a variant of a link's code", err)
	}
	form := h.Form()
	for _, v := range variants(form.Code.Reveal()) {
		if v == form.Code.Reveal() {
			continue
		}
		_, err := l.Complete(ctx, passwordless.LoginRequest{Code: secret.New(v), OneTimeCode: form.OneTimeCode})
		refused(t, "a variant of a handle", err)
	}
	for i := range variants(form.OneTimeCode.Reveal()) {
		r := h.Form()
		v := variants(r.OneTimeCode.Reveal())[i]
		if v == r.OneTimeCode.Reveal() {
			continue
		}
		r.OneTimeCode = secret.New(v)
		_, err := l.Complete(ctx, r)
		refused(t, "a variant of a short code", err)
	}
	var invalid *passwordless.ValidationError
	if _, err := l.Complete(ctx, passwordless.LoginRequest{OneTimeCode: form.OneTimeCode}); !errors.As(err, &invalid) {
		t.Errorf("no code: %v, want a ValidationError", err)
	}
	h.Complete(link)
	h.Complete(form)
}

// SEC-10: two people who were sent the same short code each sign in as
// themselves.
func TestSameShortCode(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Limits = logintest.Unlimited()
	h.Tenant.ExternalIdentifierConfiguration.InsecureShortCodes = true
	h.Tenant.ExternalIdentifierConfiguration.PasswordlessLoginOneTimeCodeGenerator = secret.Generator{Kind: secret.RandomDigits, Length: 4}
	h.Neighbours()
	mine := map[string]passwordless.LoginRequest{}
	for {
		r := h.Form()
		mine[r.OneTimeCode.Reveal()] = r
		other := formOf(h, logintest.Neighbour())
		same, found := mine[other.OneTimeCode.Reveal()]
		if !found {
			continue
		}
		for r, want := range map[*passwordless.LoginRequest]string{&same: logintest.UserID, &other: logintest.NeighbourID} {
			if got := h.Complete(*r).Response.User.ID; got != want {
				t.Errorf("%s signed in, want %s", got, want)
			}
		}
		return
	}
}

// SEC-16: looking changes nothing: it reads one ticket, charges no guess and
// works over a store that takes no writes; the login completes afterwards.
func TestPeekChangesNothing(t *testing.T) {
	t.Parallel()
	m := memstore.New()
	readOnly := false
	var calls []logintest.Call
	h := logintest.Open(t, logintest.Backend{Put: m.Put, Store: logintest.Tap(store.Of(m), func(c logintest.Call) error {
		if readOnly {
			calls = append(calls, c)
			if c.Method != "OpenTicket" || c.Args[1].(*store.Guess) != nil {
				return errors.New("read only")
			}
		}
		return c.Do()
	})})
	for _, r := range []passwordless.LoginRequest{h.Link(), h.Form()} {
		readOnly, calls = true, nil
		first, err := h.Login().Peek(t.Context(), passwordless.PeekRequest{Code: r.Code})
		for range 99 {
			again, errAgain := h.Login().Peek(t.Context(), passwordless.PeekRequest{Code: r.Code})
			if err != nil || errAgain != nil || again != first {
				t.Fatalf("%+v %v, then %+v %v", first, err, again, errAgain)
			}
		}
		if len(calls) != 100 {
			t.Errorf("a hundred looks made %d calls", len(calls))
		}
		readOnly = false
		if result := h.Complete(r); result.Outcome != outcome.Success {
			t.Errorf("%v, want Success", result.Outcome)
		}
	}
}

// SEC-05: a handle carries 256 bits, and no two are the same.
func TestHandlesAreLong(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Limits = logintest.Unlimited()
	seen := map[string]bool{}
	for range 200 {
		for _, r := range []passwordless.LoginRequest{h.Form(), h.Link()} {
			if code := r.Code.Reveal(); len(code) != 43 || seen[code] {
				t.Fatalf("a handle of %d characters, or one that was there before", len(code))
			}
			seen[r.Code.Reveal()] = true
		}
	}
}
