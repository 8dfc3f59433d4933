package webapp

import (
	"errors"
	"net/http"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

func mustChangePassword(k walk) bool { return k.Password != nil }

// showPassword is the page of outcome 203.
func (a *App) showPassword(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, mustChangePassword)
	if err != nil {
		return err
	}
	t, _, err := a.place(r)
	if err != nil {
		return err
	}
	return a.show(w, r, "password.html", "Choose a new password", struct {
		Reason identity.ChangePasswordReason
		Rules  identity.PasswordValidationRules
	}{k.Password.Reason, t.PasswordValidationRules})
}

// changePassword sets it, and goes on with the login at once.
func (a *App) changePassword(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, mustChangePassword)
	if err != nil {
		return err
	}
	done, err := a.c.Login.ChangePassword(r.Context(), passwordless.ChangePasswordRequest{
		ChangePasswordID: k.Password.ID.Text,
		Password:         secret.New(r.PostFormValue("password")),
		TwoFactorTrustID: a.cookies.read(r, trustCookie),
	})
	var invalid *passwordless.ValidationError
	switch {
	case errors.As(err, &invalid):
		return a.back(w, r, "/login/password", "password", "", "That password is too short or too long.")
	case errors.Is(err, passwordless.ErrRefused):
		return a.startAgain(w, r, k)
	case err != nil:
		return err
	}
	q := a.loginRequest(r)
	q.Code = done.OneTimePassword.Text
	result, err := a.c.Login.Complete(r.Context(), q)
	if errors.Is(err, passwordless.ErrRefused) || errors.Is(err, passwordless.ErrOtherBrowser) {
		return a.startAgain(w, r, k)
	}
	if err != nil {
		return err
	}
	return a.follow(w, r, k.LoginID, result)
}
