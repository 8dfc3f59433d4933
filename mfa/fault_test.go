package mfa_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
)

var errFault = errors.New("fault")

// An act is a call on a stage of its own, and what it gives.
type act struct {
	name string
	set  func(h *house) func(context.Context) (any, error)
}

func acts() []act {
	type call = func(context.Context) (any, error)
	done := func(err error) (any, error) { return nil, err }
	return []act{
		{"Enrol an authenticator", func(h *house) call {
			return func(ctx context.Context) (any, error) {
				return h.factors().Enrol(ctx, who, mfa.EnrolRequest{Kind: identity.MethodAuthenticator})
			}
		}},
		{"Enrol with a proof", func(h *house) call {
			a, _ := h.authenticator(who)
			code := a.wait()
			return func(ctx context.Context) (any, error) {
				return h.factors().Enrol(ctx, who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: number, Code: code})
			}
		}},
		{"Confirm an authenticator", func(h *house) call {
			a, _ := h.enrol(who, mfa.EnrolRequest{})
			return func(ctx context.Context) (any, error) {
				return h.factors().Confirm(ctx, who, mfa.ConfirmRequest{MethodID: a.id, Code: a.shows()})
			}
		}},
		{"Confirm a number", func(h *house) call {
			e, err := h.factors().Enrol(h.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: number})
			h.must(err)
			return func(ctx context.Context) (any, error) {
				return h.factors().Confirm(ctx, who, mfa.ConfirmRequest{MethodID: e.MethodID, Code: h.sent(number)})
			}
		}},
		{"Confirm by kind, under a name", func(h *house) call {
			a, _ := h.enrol(who, mfa.EnrolRequest{})
			return func(ctx context.Context) (any, error) {
				return h.factors().Confirm(ctx, who, mfa.ConfirmRequest{Kind: identity.MethodAuthenticator, Code: a.shows(), Name: "telephone"})
			}
		}},
		{"Confirm beside another", func(h *house) call {
			a, _ := h.enrol(who, mfa.EnrolRequest{})
			h.message(who, identity.MethodSMS, number)
			return func(ctx context.Context) (any, error) {
				return h.factors().Confirm(ctx, who, mfa.ConfirmRequest{MethodID: a.id, Code: a.shows(), InsecureSkipProof: true})
			}
		}},
		{"Remove", func(h *house) call {
			a, _ := h.authenticator(who)
			code := a.wait()
			return func(ctx context.Context) (any, error) {
				return done(h.factors().Remove(ctx, who, mfa.RemoveRequest{MethodID: a.id, Code: code}))
			}
		}},
		{"Remove by message", func(h *house) call {
			id := h.message(who, identity.MethodSMS, number)
			h.advance(time.Hour)
			_, err := h.factors().SendCodeFor(h.Context(), who, id)
			h.must(err)
			return func(ctx context.Context) (any, error) {
				return done(h.factors().Remove(ctx, who, mfa.RemoveRequest{MethodID: id, ProofID: id, Code: h.sent(number)}))
			}
		}},
		{"RegenerateRecoveryCodes", func(h *house) call {
			_, codes := h.authenticator(who)
			return func(ctx context.Context) (any, error) {
				return h.factors().RegenerateRecoveryCodes(ctx, who, mfa.RegenerateRequest{Code: codes[3].Text})
			}
		}},
		{"CompleteStepUp", func(h *house) call {
			a, _ := h.authenticator(who)
			s, err := h.factors().StartStepUp(h.Context(), who, mfa.Purpose{})
			h.must(err)
			code := a.wait()
			return func(ctx context.Context) (any, error) {
				return h.factors().CompleteStepUp(ctx, who, s.ID.Text, mfa.Purpose{}, code)
			}
		}},
		{"CompleteBearerStepUp", func(h *house) call {
			a, _ := h.authenticator(who)
			r := mfa.BearerProof{ID: h.bearer(who, mfa.Purpose{}).ID.Text, Code: a.wait()}
			return func(ctx context.Context) (any, error) {
				return h.factors().CompleteBearerStepUp(ctx, r)
			}
		}},
		{"TakeTrustToken", func(h *house) call {
			a, _ := h.authenticator(who)
			s, err := h.factors().StartStepUp(h.Context(), who, mfa.Purpose{})
			h.must(err)
			token, err := h.factors().CompleteStepUp(h.Context(), who, s.ID.Text, mfa.Purpose{}, a.wait())
			h.must(err)
			return func(ctx context.Context) (any, error) {
				return done(h.factors().TakeTrustToken(ctx, who, token.Token.Text, mfa.Purpose{}))
			}
		}},
		{"CheckTrust", func(h *house) call {
			h.authenticator(who)
			handle := h.trust(who)
			return func(ctx context.Context) (any, error) { return h.factors().CheckTrust(ctx, who, handle) }
		}},
		{"a login by authenticator", func(h *house) call {
			a, _ := h.authenticator(who)
			return h.proves(a.wait(), "")
		}},
		{"a login by message", func(h *house) call {
			id := h.message(who, identity.MethodSMS, number)
			h.advance(time.Hour)
			return h.proves(secret.Text{}, id)
		}},
		{"a login by recovery code", func(h *house) call {
			_, codes := h.authenticator(who)
			return h.proves(codes[0].Text, "")
		}},
	}
}

// proves is the proof of a login by a code, or by the one sent to a method.
func (h *house) proves(code secret.Text, method string) func(context.Context) (any, error) {
	h.Helper()
	handle := h.challenge(who, byEmail)
	p, err := h.answer(handle, nil)
	h.must(err)
	if method != "" {
		_, err := h.factors().SendCode(h.Context(), p, method)
		h.must(err)
		if p, err = h.answer(handle, nil); err != nil {
			h.Fatal(err)
		}
		code = h.sent(number)
	}
	return func(ctx context.Context) (any, error) {
		return h.factors().Prove(ctx, mfa.Challenge{Person: p}, code)
	}
}

// Every call of the store fails, one at a time, before or after it was done, or
// with the request cancelled: the answer is a failure, neither a success nor a
// wrong code, gives nothing, and says nothing that is secret.
//
// MFA-17 LIM-04 FLT-02 LOG-01
func TestEveryFaultRefuses(t *testing.T) {
	t.Parallel()
	for _, a := range acts() {
		for _, way := range []string{"before", "after", "cancelled"} {
			calls := 0
			for k := 0; k <= calls; k++ {
				h := open(t)
				ctx, cancel := context.WithCancel(t.Context())
				n, armed := 0, false
				h.config.Store = tap(h.config.Store, func(do func() error) error {
					if !armed {
						return do()
					}
					if n++; n != k {
						return do()
					}
					switch way {
					case "after":
						do()
					case "cancelled":
						cancel()
						return do()
					}
					return errFault
				})
				call := a.set(h)
				armed = true
				got, err := call(ctx)
				armed = false
				cancel()
				if k == 0 { // nothing failed: it counts the calls
					if calls = n; err != nil || calls == 0 {
						t.Fatalf("%s: %v in %d calls", a.name, err, calls)
					}
					continue
				}
				if !errors.Is(err, errFault) && !errors.Is(err, context.Canceled) {
					t.Errorf("%s, call %d failed %s: %v", a.name, k, way, err)
				}
				if s := fmt.Sprintf("%+v", got); got != nil && strings.Contains(s, "redacted") && !isZero(got) {
					t.Errorf("%s, call %d failed %s: it gives %s", a.name, k, way, s)
				}
				h.silent(fmt.Sprint(err))
			}
		}
	}
}

func isZero(got any) bool {
	switch g := got.(type) {
	case mfa.Enrolment:
		return g.Secret.IsZero() && g.URI.IsZero() && g.Expires.IsZero()
	case mfa.Confirmed:
		return g.Method.ID == "" && g.RecoveryCodes == nil
	case mfa.SteppedUp:
		return g.Token.IsZero() && g.Expires.IsZero() && g.State == nil
	case mfa.TrustToken:
		return g.Token.IsZero()
	case mfa.Proof:
		return g.MethodID == "" && !g.Recovery
	case []secret.Issued:
		return g == nil
	}
	return false
}

// silent checks that text, and all that the hook heard, hold nothing secret.
func (h *house) silent(text string) {
	h.Helper()
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	h.mu.Lock()
	for _, e := range h.events {
		e.Tenant, e.Application, e.User, e.Walk = "", "", "", "" // long ids have any six digits in them
		text += fmt.Sprintf("%+v", e)
		logger.Info("event", "event", e)
	}
	h.mu.Unlock()
	text += log.String()
	secrets := []string{email, number, number[1:], otherEmail}
	for _, m := range h.inbox.Messages() {
		secrets = append(secrets, m.Code.Reveal())
	}
	for _, s := range secrets {
		if s != "" && strings.Contains(text, s) {
			h.Errorf("%q is told", s)
		}
	}
}

// Whatever a call returns, printing or logging it tells no secret.
//
// LOG-01 S0-50
func TestWhatIsReturnedIsRedacted(t *testing.T) {
	t.Parallel()
	for _, a := range acts() {
		h := open(t)
		got, err := a.set(h)(t.Context())
		h.must(err)
		var secrets []string
		switch g := got.(type) {
		case mfa.Enrolment:
			secrets = []string{g.Secret.Reveal(), g.SecretBase32.Reveal(), g.URI.Reveal()}
		case mfa.Confirmed:
			for _, c := range g.RecoveryCodes {
				secrets = append(secrets, c.Reveal())
			}
		case mfa.SteppedUp:
			secrets = []string{g.Token.Reveal()}
		case mfa.TrustToken:
			secrets = []string{g.Token.Reveal()}
		}
		text := fmt.Sprintf("%v %+v %#v %s", got, got, got, got)
		for _, s := range secrets {
			if s != "" && strings.Contains(text, s) {
				t.Errorf("%s prints a secret", a.name)
			}
		}
		h.silent("")
	}
}

// A messenger that fails is told; the code that did not leave counts as sent.
//
// FLT-03 S4-11
func TestAMessengerThatFails(t *testing.T) {
	t.Parallel()
	h := open(t)
	down := errors.New("down")
	h.inbox.Fail(down)
	_, err := h.factors().Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: number})
	if !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
	h.silent(fmt.Sprint(err))
	h.inbox.Fail(nil)
	h.advance(time.Minute)
	h.message(who, identity.MethodSMS, number)
}
