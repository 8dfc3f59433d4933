package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

func showEnrolment(ctx context.Context, out io.Writer, h *house) (recoveryCode secret.Text, err error) {
	enrolled, confirmed, err := h.addApp(ctx)
	if err != nil {
		return recoveryCode, err
	}
	heading(out, "A second factor")
	fmt.Fprintf(out, "The user adds an authenticator app. What it scans is shown once:\n\n   %s\n\n", enrolled.URI.Reveal())
	fmt.Fprintf(out, "It is confirmed by what the app shows then, and %d recovery codes are handed out, such as %s.\n\n",
		len(confirmed.RecoveryCodes), confirmed.RecoveryCodes[0].Reveal())
	return confirmed.RecoveryCodes[0].Text, nil
}

// showTrust is a login that takes two factors, and one after it that does not.
func showTrust(ctx context.Context, out io.Writer, h *house) error {
	first, err := h.signIn(ctx)
	if err != nil {
		return err
	}
	line(out, "the next login, by the code in the mail", ended(first))

	second := passwordless.TwoFactorRequest{
		ApplicationID: h.application.ID,
		TwoFactorID:   first.Response.TwoFactorID.Text,
		Code:          h.app.never(h.clock()),
		TrustComputer: true,
	}
	if _, err := h.login.CompleteTwoFactor(ctx, second); !errors.Is(err, mfa.ErrWrongCode) {
		return fmt.Errorf("a wrong code of the app: %w", err)
	}
	line(out, "a wrong code of the app", "refused, and can be tried again")

	second.Code = h.app.shows(h.clock())
	done, err := h.login.CompleteTwoFactor(ctx, second)
	if err != nil {
		return err
	}
	line(out, "the right one, and the device is trusted", ended(done))

	r, err := h.begin(ctx)
	if err != nil {
		return err
	}
	r.TwoFactorTrustID = done.Response.TwoFactorTrustID.Text
	again, err := h.login.Complete(ctx, r)
	if err != nil {
		return err
	}
	line(out, "a login on that device, by the mail alone", ended(again))
	return nil
}

// showRecovery is a login on another device, without the phone.
func showRecovery(ctx context.Context, out io.Writer, h *house, code secret.Text) (passwordless.LoginResponse, error) {
	first, err := h.signIn(ctx)
	if err != nil {
		return passwordless.LoginResponse{}, err
	}
	line(out, "a login elsewhere, and the phone is lost", ended(first))
	done, err := h.login.CompleteTwoFactor(ctx, passwordless.TwoFactorRequest{
		ApplicationID: h.application.ID,
		TwoFactorID:   first.Response.TwoFactorID.Text,
		Code:          code,
	})
	if err != nil {
		return passwordless.LoginResponse{}, err
	}
	left, err := h.login.Factors().CountRecoveryCodes(ctx, mfa.Who{UserID: h.user.ID, ApplicationID: h.application.ID})
	line(out, "a recovery code", fmt.Sprintf("%s; %d are left", ended(done), left))
	return done.Response, err
}
