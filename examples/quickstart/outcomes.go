package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// scene is a change after which a login of the sample user ends otherwise.
type scene struct {
	what   string // the user is or has
	change func(*house)

	// next carries out what the outcome asks for and returns the login after it;
	// nil if there is nothing that the person could do here.
	next func(context.Context, *house, passwordless.LoginResponse) (*passwordless.Result, error)
	how  string
}

func scenes() []scene {
	return []scene{
		{what: "is active, verified and registered", change: func(*house) {}},
		{
			what:   "has no registration for the application",
			change: func(h *house) { h.user.Registrations = nil },
		},
		{
			what: "must change the password, says an administrator",
			change: func(h *house) {
				h.user.PasswordChangeRequired, h.user.PasswordChangeReason = true, identity.ChangeAdministrative
			},
			next: changePassword,
			how:  "ChangePassword, Complete",
		},
		{
			what: "has yet to verify the address, which is Gated",
			change: func(h *house) {
				h.user.Verified = false
				h.tenant.EmailConfiguration = identity.EmailConfiguration{
					VerifyEmail:                      true,
					VerificationStrategy:             identity.FormField,
					ImplicitEmailVerificationAllowed: identity.Off,
					Unverified:                       identity.Unverified{Behavior: identity.Gated},
				}
			},
			next: verifyIdentity,
			how:  "SendVerifyIdentity, VerifyIdentity, a new login",
		},
		{
			what: "has yet to verify the registration, which is Gated",
			change: func(h *house) {
				h.user.Registrations[0].Verified = false
				h.application.VerifyRegistration = true
				h.application.VerificationStrategy = identity.FormField
				h.application.Unverified.Behavior = identity.Gated
			},
			next: verifyRegistration,
			how:  "SendVerifyRegistration, VerifyRegistration, a new login",
		},
		{
			what:   "has an authenticator app",
			change: func(h *house) { h.hasApp = true },
			next:   proveSecondFactor,
			how:    "CompleteTwoFactor",
		},
		{
			what: "was suspended by an administrator",
			change: func(h *house) {
				h.user.Actions = []identity.Action{{ActionID: "00000000-0000-0000-0000-000000000001", Name: "Suspended", PreventLogin: true}}
			},
		},
		{
			what:   "has an account that has just run out",
			change: func(h *house) { h.user.Expiry = identity.At(h.now()) },
		},
		{
			what:   "was locked",
			change: func(h *house) { h.user.Active = false },
		},
	}
}

// showOutcomes plays each scene and shows how the login ended.
func showOutcomes(ctx context.Context, out io.Writer, now func() time.Time) error {
	fmt.Fprint(out, "Every way a login can end\n\n")
	for _, s := range scenes() {
		if err := s.play(ctx, out, now); err != nil {
			return fmt.Errorf("the user %s: %w", s.what, err)
		}
	}
	fmt.Fprint(out, "Why in this order: docs/outcomes.md. To type the code yourself: -login you@example.com\n")
	return nil
}

func (s scene) play(ctx context.Context, out io.Writer, now func() time.Time) error {
	h := sample(now)
	s.change(h)
	if err := h.open(ctx, io.Discard); err != nil {
		return err
	}
	result, err := h.signIn(ctx)
	if err != nil {
		return err
	}
	fields, err := members(result.Response)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d  %-22s  the user   %s\n%29scame with  %s\n", result.Status(), result.Outcome, s.what, "", fields)
	if s.next != nil {
		after, err := s.next(ctx, h, result.Response)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%29snext       %s: %d %s\n", "", s.how, after.Status(), after.Outcome)
	}
	fmt.Fprintln(out)
	return nil
}

// members names what a response has in its JSON.
func members(r passwordless.LoginResponse) (string, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return "", err
	}
	if len(fields) == 0 {
		return "nothing", nil
	}
	return strings.Join(slices.Sorted(maps.Keys(fields)), " "), nil
}

func changePassword(ctx context.Context, h *house, r passwordless.LoginResponse) (*passwordless.Result, error) {
	changed, err := h.login.ChangePassword(ctx, passwordless.ChangePasswordRequest{
		ChangePasswordID: r.ChangePasswordID.Text,
		Password:         secret.New("correct horse battery staple"),
	})
	if err != nil {
		return nil, err
	}
	return h.login.Complete(ctx, passwordless.LoginRequest{ApplicationID: h.application.ID, Code: changed.OneTimePassword.Text})
}

func verifyIdentity(ctx context.Context, h *house, r passwordless.LoginResponse) (*passwordless.Result, error) {
	id := r.IdentityVerificationID.Text
	if err := h.login.SendVerifyIdentity(ctx, id, h.tenant.ID); err != nil {
		return nil, err
	}
	_, err := h.login.VerifyIdentity(ctx, passwordless.CompleteVerificationRequest{VerificationID: id, OneTimeCode: h.lastCode()})
	if err != nil {
		return nil, err
	}
	return h.signIn(ctx)
}

func verifyRegistration(ctx context.Context, h *house, r passwordless.LoginResponse) (*passwordless.Result, error) {
	id := r.RegistrationVerificationID.Text
	if err := h.login.SendVerifyRegistration(ctx, id, h.tenant.ID); err != nil {
		return nil, err
	}
	_, err := h.login.VerifyRegistration(ctx, passwordless.CompleteVerificationRequest{VerificationID: id, OneTimeCode: h.lastCode()})
	if err != nil {
		return nil, err
	}
	return h.signIn(ctx)
}

func proveSecondFactor(ctx context.Context, h *house, r passwordless.LoginResponse) (*passwordless.Result, error) {
	return h.login.CompleteTwoFactor(ctx, passwordless.TwoFactorRequest{
		ApplicationID: h.application.ID,
		TwoFactorID:   r.TwoFactorID.Text,
		Code:          h.app.shows(h.clock()),
	})
}
