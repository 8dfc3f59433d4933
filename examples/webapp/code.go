package webapp

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// showCode is the page that says "check your mail", and takes the code from it.
func (a *App) showCode(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, waitsForMessage)
	if err != nil {
		return err
	}
	t, _, err := a.place(r)
	if err != nil {
		return err
	}
	return a.show(w, r, "code.html", "Check your messages", struct {
		LoginID string
		Link    bool
		Code    field
		Wait    time.Duration
	}{
		k.LoginID, k.Message.Strategy == identity.ClickableLink,
		codeField(t.PasswordlessCodeGenerator()), max(0, k.Message.Again.Sub(a.now())),
	})
}

func waitsForMessage(k walk) bool { return k.Message != nil }

func waitsForCode(k walk) bool { return k.Message != nil && !k.Message.Code.IsZero() }

// completeCode takes the code that was typed, with the handle that the browser
// kept.
func (a *App) completeCode(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, waitsForCode)
	if err != nil {
		return err
	}
	code := typed(r)
	if code.IsZero() {
		return a.back(w, r, "/login/code", "code", "", "Enter the code from the message.")
	}
	q := a.loginRequest(r)
	q.Code, q.OneTimeCode = k.Message.Code.Text, code
	result, err := a.c.Login.Complete(r.Context(), q)
	switch {
	case errors.Is(err, passwordless.ErrRefused):
		return a.wrongCode(w, r, k)
	case errors.Is(err, passwordless.ErrOtherBrowser):
		return a.startAgain(w, r, k)
	case err != nil:
		return err
	}
	return a.follow(w, r, k.LoginID, result)
}

// wrongCode says whether another try is worth it. The login answers alike to a
// code that is wrong and one that has expired; that there is no such login any
// more, Peek tells of any handle, whoever it is for. The tries are counted here
// for the words alone: the login counts them, too.
func (a *App) wrongCode(w http.ResponseWriter, r *http.Request, k walk) error {
	_, err := a.c.Login.Peek(r.Context(), passwordless.PeekRequest{Code: k.Message.Code.Text})
	if k.Message.Wrong++; errors.Is(err, passwordless.ErrRefused) || k.Message.Wrong == guesses {
		a.cookies.drop(w, walkCookie)
		return a.back(w, r, "/login", "", k.LoginID, "That code has expired, or was tried too often. Ask for a new one.")
	}
	if err == nil {
		err = a.walkOn(w, k, a.now().Add(messageLifetime))
	}
	if err != nil {
		return err
	}
	return a.back(w, r, "/login/code", "code", "", "That code is not right. Use the latest message, and check each digit.")
}

// resend sends the message once more. A link that is sent again is another login:
// what completes the first is in the mailbox alone.
func (a *App) resend(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, waitsForMessage)
	if err != nil {
		return err
	}
	if k.Message.Strategy == identity.ClickableLink {
		if wait := k.Message.Again.Sub(a.now()); wait > 0 {
			return a.tooSoon(w, r, "/login/code", wait)
		}
		if err := a.tell(w, "Another message is on its way."); err != nil {
			return err
		}
		return a.beginFor(w, r, k.LoginID, k.Message.Strategy)
	}
	err = a.c.Login.Send(r.Context(), passwordless.SendRequest{Code: k.Message.Code.Text, IPAddress: a.c.ClientAddress(r)})
	if wait := waitOf(err); wait > 0 {
		k.Message.Again = a.now().Add(wait)
		if err := a.walkOn(w, k, a.now().Add(messageLifetime)); err != nil {
			return err
		}
		return a.tooSoon(w, r, "/login/code", wait)
	}
	if err != nil {
		return err
	}
	k.Message.Again = a.now().Add(sendEvery)
	if err := a.walkOn(w, k, a.now().Add(messageLifetime)); err != nil {
		return err
	}
	return a.on(w, r, "/login/code", "Another message is on its way. Only its code counts now.")
}

func (a *App) tooSoon(w http.ResponseWriter, r *http.Request, path string, wait time.Duration) error {
	return a.back(w, r, path, "", "", "A message was sent a moment ago. The next can be sent in "+waiting(wait)+".")
}

// typed is a code as a person types it, spaces and all.
func typed(r *http.Request) secret.Text {
	return secret.New(strings.Join(strings.Fields(r.PostFormValue("code")), ""))
}

// field is a field for a code.
type field struct {
	Length  int
	Numeric bool
}

func codeField(g secret.Generator) field {
	return field{Length: g.Length, Numeric: g.Kind == secret.RandomDigits}
}
