package logintest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
)

// The budgets of guesses at a second factor.
const (
	authenticatorCodes = "authenticator"
	messageCodes       = "message"
	recoveryCodes      = "recovery"
)

// guessesPerDay is what each has by default.
var guessesPerDay = map[string]int{authenticatorCodes: 10, messageCodes: 20, recoveryCodes: 10}

const (
	secondMailbox  = "jared@hooli.com"
	messagesPerDay = 20 // to one address
	besieged       = 84 * time.Hour
)

// SecondFactorGuesses has somebody who holds the sample user's first factor begin
// n logins, over three days and a half, and guess at the second factor of each:
// in two applications, under each login id and its spellings, from ever other
// addresses, with codes sent and sent again, between sweeps, and over stores that
// open opens anew on what is there, as after a restart.
//
// Books say what may be compared. While they have room a guess is mostly wrong,
// and must be compared; once they have none it is right, and must be refused: one
// guess too many is found out, whatever the store and the library count. Meanwhile
// the way to the second factor, the user's session, other users and other tenants
// go on, and each way in opens again when its window does, to the millisecond.
//
// The answer is what first went against the books.
func SecondFactorGuesses(t *testing.T, open func() Backend, n int) error {
	g := besiege(t, open)
	for i := range n {
		if i%max(1, n/20) == 0 {
			g.Restart(open())
			if err := g.bystanders(); err != nil {
				return fmt.Errorf("login %d of %d: %w", i, n, err)
			}
		}
		g.Advance(max(30*time.Second, besieged/time.Duration(n)))
		if err := g.assault(); err != nil {
			return fmt.Errorf("login %d of %d, %v in: %w", i, n, g.Now().Sub(Start), err)
		}
	}
	t.Logf("%d logins in %v: %v guesses compared, %d messages", n, g.Now().Sub(Start), g.compared, g.sent)
	return g.reopens()
}

// SecondFactorGuessesAtOnce guesses at forty questions at once, with codes of an
// authenticator and for recovery: exactly ten of each are compared.
func SecondFactorGuessesAtOnce(t *testing.T, open func(*testing.T) Backend) {
	h := Open(t, open(t))
	h.Config.Limits = Unlimited()
	app := h.Enrolled(Who())
	questions := make([]secret.Text, 40)
	for i := range questions {
		questions[i] = h.Complete(h.Link()).Response.TwoFactorID.Text
	}
	answer := func(i int, code secret.Text) {
		_, err := h.Login().CompleteTwoFactor(t.Context(), passwordless.TwoFactorRequest{TwoFactorID: questions[i], Code: code})
		if !errors.Is(err, mfa.ErrWrongCode) {
			t.Errorf("got %v, want ErrWrongCode", err)
		}
	}
	wrong := []secret.Text{Other(app.Code()), Other(app.Recovery[0].Text)}
	rush(4*len(questions), func(i int) { answer(i%len(questions), wrong[i/len(questions)%2]) })
	h.compared(guessesPerDay[authenticatorCodes] + guessesPerDay[recoveryCodes])
	answer(0, app.Code())
	answer(1, app.Recovery[0].Text)
}

// guesser is who guesses, and the books.
type guesser struct {
	*House
	books
	random   *rand.Rand
	app      *Authenticator
	recovery []secret.Issued   // that are not used
	methods  map[string]string // by address
	reason   passwordless.Reason

	session   secret.Text // of the user
	neighbour *Authenticator
	twin      *Authenticator

	compared map[string]int // guesses, by budget
	sent     int            // messages
}

func besiege(t *testing.T, open func() Backend) *guesser {
	t.Helper()
	h := Open(t, open())
	g := &guesser{House: h, books: openBooks(h.Now), random: rand.New(rand.NewPCG(1, 3)), methods: map[string]string{}, compared: map[string]int{}}
	h.Tenant.MultiFactorConfiguration.SMS.Enabled = true
	h.Tenant.MultiFactorConfiguration.Email.Enabled = true
	h.Application.LoginConfiguration.AllowTokenRefresh = true
	h.Config.Limits = Unlimited() // of the first factor, which is lost
	h.Neighbours()
	h.Config.Events = g.hear
	g.app = h.Enrolled(Who())
	g.recovery = g.app.Recovery
	for to, kind := range map[string]string{Phone: identity.MethodSMS, secondMailbox: identity.MethodEmail} {
		g.methods[to] = h.method(kind, to)
	}
	g.neighbour = h.Enrolled(mfa.Who{UserID: NeighbourID, ApplicationID: ApplicationID})
	g.twin = h.Enrolled(mfa.Who{UserID: OtherUserID, ApplicationID: OtherApplicationID})
	in, err := g.enter(g.app, Request(identity.ClickableLink))
	h.must(err)
	g.session = in.Response.RefreshToken.Text
	h.Advance(24 * time.Hour) // what the enrolments were charged to is open again
	return g
}

// method gives the sample user another method, by message.
func (h *House) method(kind, to string) (id string) {
	h.T.Helper()
	f := h.Login().Factors()
	e, err := f.Enrol(h.T.Context(), Who(), mfa.EnrolRequest{Kind: kind, To: to, InsecureSkipProof: true})
	h.must(err)
	_, err = f.Confirm(h.T.Context(), Who(), mfa.ConfirmRequest{MethodID: e.MethodID, Code: secret.New(h.Inbox.LastCode(to))})
	h.must(err)
	return e.MethodID
}

// assault begins a login and guesses at its second factor: once, or a few times
// at one that may have had codes sent.
func (g *guesser) assault() error {
	q, err := g.ask()
	if err != nil {
		return err
	}
	guesses, sends := 1, g.random.IntN(10) == 0
	if sends {
		guesses += g.random.IntN(7)
	}
	for ; guesses > 0 && !q.over; guesses-- {
		if sends && (q.sends == 0 || g.random.IntN(4) == 0) {
			if err := g.send(q); err != nil {
				return err
			}
		}
		if err := g.guess(q, g.way(q), g.random.IntN(20) == 0); err != nil {
			return err
		}
	}
	return nil
}

// bystanders are who must not notice, and a sweep.
func (g *guesser) bystanders() error {
	g.Advance(time.Minute)
	ctx := g.T.Context()
	refreshed, err := g.Login().Sessions().Refresh(ctx, session.RefreshRequest{RefreshToken: g.session})
	if err != nil {
		return fmt.Errorf("the user's session: %w", err)
	}
	g.session = refreshed.RefreshToken.Text
	for app, r := range map[*Authenticator]passwordless.StartRequest{g.neighbour: Neighbour(), g.twin: Elsewhere()} {
		if _, err := g.enter(app, r); err != nil {
			return fmt.Errorf("another user: %w", err)
		}
	}
	_, err = g.Backend.Store.DeleteExpired(ctx, g.Now(), Many)
	return err
}

// reopens spends each budget and waits for it to open again: a millisecond before
// the right code is refused, and then it is accepted.
func (g *guesser) reopens() error {
	ways := []func(*question) way{
		func(*question) way { return g.byApp() },
		func(*question) way { return g.byRecovery() },
		g.byMessage,
	}
	g.Advance(48 * time.Hour)
	for _, way := range ways {
		g.Advance(time.Hour)
		for range 4 {
			q, err := g.asked()
			if err != nil {
				return err
			}
			for range perTicket {
				if err := g.guess(q, way(q), false); err != nil {
					return err
				}
			}
		}
	}
	for _, way := range ways {
		ends := g.meters[way(&question{}).budgets[0]].ends
		g.Advance(ends.Add(-time.Minute).Sub(g.Now()))
		q, err := g.asked()
		if err != nil {
			return err
		}
		g.Advance(ends.Add(-time.Millisecond).Sub(g.Now()))
		if err := g.guess(q, way(q), true); err != nil {
			return fmt.Errorf("a millisecond too early: %w", err)
		}
		g.Advance(time.Millisecond)
		if err := g.guess(q, way(q), true); err != nil {
			return fmt.Errorf("when the window ends: %w", err)
		}
		if !q.over {
			return errors.New("when the window ends the right code is still refused")
		}
	}
	return nil
}

// asked is ask, with a code sent.
func (g *guesser) asked() (*question, error) {
	q, err := g.ask()
	for err == nil && q.to == "" {
		err = g.send(q)
	}
	return q, err
}
