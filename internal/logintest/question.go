package logintest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// question is a login that waits for its second factor.
type question struct {
	id      secret.Text
	expires time.Time
	carrier string // of the first factor
	guesses int
	sends   int
	to      string      // where its code went
	code    secret.Text // the latest that was sent
	over    bool
}

// way is how a guess is made: at what, and what it is charged to. The last is
// what a right one of it proves.
type way struct {
	methodID string
	budgets  []string
}

// ask begins a login and proves its first factor, which always leads to the
// question for the second.
func (g *guesser) ask() (*question, error) {
	r := passwordless.StartRequest{
		ApplicationID: pick(g, ApplicationID, SecondApplicationID),
		LoginID:       pick(g, Email, "JARED@piedpiper.com", "jared@PiedPiper.COM", Username, Phone, "+1 (303) 555-1212"),
		IPAddress:     fmt.Sprintf("2001:db8:%x::1", g.random.IntN(1<<16)),
	}
	if strings.HasPrefix(r.LoginID, "+") {
		r.LoginIDTypes = []identity.IdentityType{identity.PhoneNumber}
	}
	result, err := g.first(r)
	if err != nil {
		return nil, err
	}
	q := &question{id: result.Response.TwoFactorID.Text, expires: g.Now().Add(5 * time.Minute), carrier: Email}
	if len(r.LoginIDTypes) > 0 {
		q.carrier = Phone
	}
	return q, nil
}

// first proves the first factor, by a link or by the short code beside it.
func (g *guesser) first(r passwordless.StartRequest) (*passwordless.Result, error) {
	var proof passwordless.LoginRequest
	if r.LoginID == Email && g.random.IntN(2) == 0 {
		proof = g.begin(g.Login(), r)
	} else {
		r.LoginStrategy = identity.ClickableLink
		s, err := g.Login().Start(g.T.Context(), r)
		g.must(err)
		proof = passwordless.LoginRequest{ApplicationID: r.ApplicationID, Code: s.Code.Text}
	}
	result, err := g.Login().Complete(g.T.Context(), proof)
	if err != nil || result.Outcome != outcome.TwoFactorRequired {
		return nil, fmt.Errorf("the first factor: %v and %w, want TwoFactorRequired", result, err)
	}
	return result, nil
}

// enter is a whole login, by an authenticator.
func (g *guesser) enter(app *Authenticator, r passwordless.StartRequest) (*passwordless.Result, error) {
	first, err := g.first(r)
	if err != nil {
		return nil, err
	}
	return g.Login().CompleteTwoFactor(g.T.Context(), passwordless.TwoFactorRequest{
		ApplicationID: r.ApplicationID, TwoFactorID: first.Response.TwoFactorID.Text, Code: app.Code(),
	})
}

// send has a code sent, a minute after the one before.
func (g *guesser) send(q *question) error {
	if q.sends > 0 {
		g.Advance(time.Minute)
	}
	to := pick(g, Phone, secondMailbox)
	budget := "messages to " + to
	err := g.Login().SendTwoFactor(g.T.Context(), passwordless.SendTwoFactorRequest{TwoFactorID: q.id, MethodID: g.methods[to]})
	var limited *passwordless.RateLimitError
	switch {
	case !g.Now().Before(q.expires), q.guesses >= perTicket:
		if q.over = true; !errors.Is(err, passwordless.ErrRefused) {
			return fmt.Errorf("a send for a login that is over: %v, want ErrRefused", err)
		}
	case to == q.carrier:
		if !errors.Is(err, mfa.ErrNotAllowed) {
			return fmt.Errorf("a send to where the login's code goes: %v, want ErrNotAllowed", err)
		}
	case !g.room(budget, messagesPerDay), q.sends >= perTicket:
		if !errors.As(err, &limited) {
			return fmt.Errorf("a send of too many: %v, want a RateLimitError", err)
		}
	case err != nil:
		return fmt.Errorf("a send: %w", err)
	default:
		g.take(budget, 24*time.Hour)
		g.sent++
		q.sends, q.to, q.code = q.sends+1, to, secret.New(g.Inbox.LastCode(to))
	}
	return nil
}

// way is one that is open to a guess.
func (g *guesser) way(q *question) way {
	ways := []way{g.byApp(), g.byRecovery(), {budgets: []string{authenticatorCodes}}}
	if q.to != "" {
		ways[2].budgets = []string{messageCodes, authenticatorCodes}
		ways = append(ways, g.byMessage(q))
	}
	return ways[g.random.IntN(len(ways))]
}

func (g *guesser) byApp() way      { return way{g.app.ID, []string{authenticatorCodes}} }
func (g *guesser) byRecovery() way { return way{"", []string{recoveryCodes}} }
func (g *guesser) byMessage(q *question) way {
	return way{g.methods[q.to], []string{messageCodes}}
}

// guess guesses once. It guesses right to get in, or to find out whether a budget
// that is spent is.
func (g *guesser) guess(q *question, w way, right bool) error {
	spent := slices.IndexFunc(w.budgets, func(b string) bool { return !g.room(b, guessesPerDay[b]) })
	proves := w.budgets[len(w.budgets)-1]
	if spent >= 0 {
		proves = w.budgets[spent]
	}
	var want string
	code := g.right(q, proves)
	switch {
	case q.guesses >= perTicket || !g.Now().Before(q.expires):
		want = string(passwordless.NoTicket)
		w.budgets = nil
	case spent >= 0:
		want = string(passwordless.Exhausted)
	case right && (proves != recoveryCodes || len(g.recovery) > 2):
		want = accepted
	default:
		want, code = string(passwordless.WrongCode), g.wrong(q, proves)
	}
	q.guesses++
	for _, b := range w.budgets {
		if g.room(b, guessesPerDay[b]) {
			g.take(b, 24*time.Hour)
			g.compared[b]++
		}
	}
	if got := g.answer(q, w, code); got != want {
		return fmt.Errorf("guess %d at it, charged to %v, was answered %q, want %q", q.guesses, w.budgets, got, want)
	}
	if want != accepted {
		return nil
	}
	g.giveBack(proves)
	g.compared[proves]--
	if q.over = true; proves == recoveryCodes {
		g.recovery = g.recovery[1:]
	}
	return nil
}

// right is what proves a factor, and wrong what does not.
func (g *guesser) right(q *question, kind string) secret.Text {
	switch kind {
	case messageCodes:
		return q.code
	case recoveryCodes:
		return g.recovery[0].Text
	}
	return g.app.Code()
}

func (g *guesser) wrong(q *question, kind string) secret.Text {
	if kind == recoveryCodes {
		return secret.New(fmt.Sprintf("AAAAA-AAAAA-A%04d", g.random.IntN(10_000)))
	}
	for {
		code := secret.New(fmt.Sprintf("%06d", g.random.IntN(1_000_000)))
		if !code.Equal(q.code) && !code.Equal(g.app.Code()) && !code.Equal(g.app.at(g.Now().Add(-30*time.Second))) {
			return code
		}
	}
}

const accepted = "accepted"

// answer is what a guess is answered, and why as the events have it.
func (g *guesser) answer(q *question, w way, code secret.Text) string {
	g.reason = ""
	_, err := g.Login().CompleteTwoFactor(g.T.Context(), passwordless.TwoFactorRequest{
		TwoFactorID: q.id, MethodID: w.methodID, Code: code,
		IPAddress: fmt.Sprintf("192.0.2.%d", g.random.IntN(256)),
	})
	known := g.reason == passwordless.WrongCode || g.reason == passwordless.Exhausted
	switch {
	case err == nil:
		return accepted
	case known && errors.Is(err, mfa.ErrWrongCode), g.reason == passwordless.NoTicket && errors.Is(err, passwordless.ErrRefused):
		return string(g.reason)
	}
	return fmt.Sprintf("%v (%s)", err, g.reason)
}

func pick(g *guesser, these ...string) string { return these[g.random.IntN(len(these))] }

func (g *guesser) hear(_ context.Context, e passwordless.Event) {
	if e.Reason != "" {
		g.reason = e.Reason
	}
}
