package webapp

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

// showFactor asks for the second factor: by the method that was chosen, another
// one, or a recovery code.
func (a *App) showFactor(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, waitsForFactor)
	if err != nil {
		return err
	}
	t, app, err := a.place(r)
	if err != nil {
		return err
	}
	chosen, others := k.Factor.chosen()
	length := codeField(t.TwoFactorCodeGenerator())
	if chosen.Method == identity.MethodAuthenticator {
		length = field{Length: t.Authenticator().CodeLength, Numeric: true}
	}
	return a.show(w, r, "factor.html", "One more step", struct {
		Chosen identity.TwoFactorMethod
		Others []identity.TwoFactorMethod
		Code   field
		Trust  time.Duration // zero: no device is trusted
		Wait   time.Duration
	}{chosen, others, length, trustFor(t, app), max(0, k.Factor.Again.Sub(a.now()))})
}

func waitsForFactor(k walk) bool { return k.Factor != nil && len(k.Factor.Kinds) == 0 }

func trustFor(t identity.Tenant, app identity.Application) time.Duration {
	if app.MultiFactorTrustPolicy() == identity.TrustNone {
		return 0
	}
	return identity.TrustLifetime(t, app)
}

// chosen is the method whose code is asked for, if there is one, and the rest.
func (f factor) chosen() (m identity.TwoFactorMethod, others []identity.TwoFactorMethod) {
	for _, x := range f.Methods {
		if x.ID == f.Chosen {
			m = x
		} else {
			others = append(others, x)
		}
	}
	return m, others
}

// brief cuts what people have called their methods: of a cookie that is longer than
// 4096 bytes a browser keeps nothing.
func brief(methods []identity.TwoFactorMethod) []identity.TwoFactorMethod {
	short := slices.Clone(methods)
	for i := range short {
		m := &short[i]
		m.Name, m.Email, m.MobilePhone = cut(m.Name, 30), cut(m.Email, 30), cut(m.MobilePhone, 30)
	}
	return short
}

func cut(text string, most int) string {
	characters := []rune(text)
	if len(characters) <= most {
		return text
	}
	return string(characters[:most-1]) + "…"
}

func firstAuthenticator(methods []identity.TwoFactorMethod) string {
	i := slices.IndexFunc(methods, func(m identity.TwoFactorMethod) bool { return m.Method == identity.MethodAuthenticator })
	if i < 0 {
		return ""
	}
	return methods[i].ID
}

// chooseFactor turns to a method, and sends its code if it is one that is sent.
func (a *App) chooseFactor(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, waitsForFactor)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(k.Factor.Methods, func(m identity.TwoFactorMethod) bool { return m.ID == r.PostFormValue("method") })
	if i < 0 {
		return errLost
	}
	m := k.Factor.Methods[i]
	if m.Method != identity.MethodAuthenticator {
		err := a.c.Login.SendTwoFactor(r.Context(), passwordless.SendTwoFactorRequest{
			TwoFactorID: k.Factor.ID.Text, Browser: a.loginRequest(r).Browser, MethodID: m.ID,
		})
		if wait := waitOf(err); wait > 0 {
			return a.tooSoon(w, r, "/login/factor", wait)
		}
		if why := whyNot(err); why != "" {
			return a.back(w, r, "/login/factor", "", "", why)
		}
		if err != nil {
			return err
		}
		k.Factor.Again = a.now().Add(sendEvery)
		if err := a.tell(w, "A code is on its way."); err != nil {
			return err
		}
	}
	k.Factor.Chosen = m.ID
	if err := a.keepOn(w, r, k); err != nil {
		return err
	}
	return see(w, r, "/login/factor")
}

// keepOn keeps a changed step for as long as a ticket of its kind lives at most.
func (a *App) keepOn(w http.ResponseWriter, r *http.Request, k walk) error {
	t, _, err := a.place(r)
	if err != nil {
		return err
	}
	return a.walkOn(w, k, a.now().Add(t.TwoFactorLifetime()))
}

// completeFactor takes the code. The method says whose it is, so that a wrong one
// is charged to it alone; a recovery code shows by its form.
func (a *App) completeFactor(w http.ResponseWriter, r *http.Request) error {
	k, err := a.step(r, waitsForFactor)
	if err != nil {
		return err
	}
	code, field := typed(r), "code"
	if r.PostForm.Has("recovery") {
		field = "recovery"
	}
	if code.IsZero() {
		return a.back(w, r, "/login/factor", field, "", "Enter the code.")
	}
	q := a.twoFactorRequest(r, k)
	q.Code, q.MethodID, q.TrustComputer = code, k.Factor.Chosen, r.PostFormValue("trust") != ""
	result, err := a.c.Login.CompleteTwoFactor(r.Context(), q)
	switch why := whyNot(err); {
	case why != "":
		return a.back(w, r, "/login/factor", field, "", why)
	case errors.Is(err, passwordless.ErrRefused):
		return a.startAgain(w, r, k)
	case err != nil:
		return err
	}
	return a.follow(w, r, k.LoginID, result)
}

func (a *App) startAgain(w http.ResponseWriter, r *http.Request, k walk) error {
	a.cookies.drop(w, walkCookie, enrolCookie)
	return a.back(w, r, "/login", "", k.LoginID, "That took too long or too many tries. Please sign in again.")
}

// twoFactorRequest is what both ways through a second factor say of the browser.
func (a *App) twoFactorRequest(r *http.Request, k walk) passwordless.TwoFactorRequest {
	q := a.loginRequest(r)
	return passwordless.TwoFactorRequest{
		TwoFactorID: k.Factor.ID.Text, ApplicationID: q.ApplicationID, Browser: q.Browser,
		IPAddress: q.IPAddress, MetaData: q.MetaData, EventInfo: q.EventInfo,
	}
}

// to is where the code of a method is sent.
func to(m identity.TwoFactorMethod) string { return cmp.Or(m.Email, m.MobilePhone) }

// way says how a method proves who somebody is.
func way(m identity.TwoFactorMethod) string {
	switch {
	case m.Method == identity.MethodEmail:
		return "Email to " + m.Email
	case m.Method == identity.MethodSMS:
		return "Text message to " + m.MobilePhone
	case m.Name != "":
		return m.Name
	}
	return "Authenticator app"
}
