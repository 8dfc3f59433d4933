package webapp

import (
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/secret"
)

// recovery is codes to save, and the page after them. They are shown for as long
// as the cookie lives, or until the person says that they are saved.
type recovery struct {
	Codes []secret.Issued
	Next  string
}

// handOut shows recovery codes before path, if there are any.
func (a *App) handOut(w http.ResponseWriter, r *http.Request, codes []secret.Issued, path string) error {
	if len(codes) == 0 {
		return see(w, r, path)
	}
	if err := a.cookies.put(w, recoveryCookie, recovery{codes, path}, a.now().Add(10*time.Minute)); err != nil {
		return err
	}
	return see(w, r, "/login/recovery-codes")
}

func (a *App) recoveryCodes(r *http.Request) (c recovery, err error) {
	if !a.cookies.get(r, recoveryCookie, &c) {
		return recovery{}, errLost
	}
	return c, nil
}

func (a *App) showRecovery(w http.ResponseWriter, r *http.Request) error {
	c, err := a.recoveryCodes(r)
	if err != nil {
		return err
	}
	return a.show(w, r, "recovery.html", "Save your recovery codes", c.shown())
}

func (c recovery) shown() []string {
	var shown []string
	for _, code := range c.Codes {
		shown = append(shown, code.Reveal())
	}
	return shown
}

// downloadRecovery is the codes as a file.
func (a *App) downloadRecovery(w http.ResponseWriter, r *http.Request) error {
	c, err := a.recoveryCodes(r)
	if err != nil {
		return err
	}
	name, err := a.applicationName(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="recovery-codes.txt"`)
	_, _ = w.Write([]byte("Recovery codes for " + name + ". Each works once.\n\n" + strings.Join(c.shown(), "\n") + "\n"))
	return nil
}

func (a *App) savedRecovery(w http.ResponseWriter, r *http.Request) error {
	c, err := a.recoveryCodes(r)
	if err != nil {
		return see(w, r, a.c.After)
	}
	a.cookies.drop(w, recoveryCookie)
	return see(w, r, c.Next)
}
