package logintest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Wander takes random steps with the sample user's logins, sweeps included, and
// keeps books of its own: no cap is ever exceeded, no code is taken that was
// replaced, spent or is ten minutes old, and every code that must be taken is.
func Wander(t *testing.T, open func(*testing.T) Backend) {
	for seed := range uint64(8) {
		h := Open(t, open(t))
		w := &walker{House: h, books: openBooks(h.Now), random: rand.New(rand.NewPCG(seed, 2)), seed: seed}
		for range 500 {
			w.step()
		}
	}
}

// walker is who takes the steps, and the books.
type walker struct {
	*House
	books
	random *rand.Rand
	seed   uint64
	logins []*walked
}

// walked is one login in the books.
type walked struct {
	handle  secret.Text
	codes   []secret.Text // sent so far, oldest first
	started time.Time
	expires time.Time
	sent    time.Time
	sends   int
	guesses int
	over    bool
}

func (w *walker) step() {
	switch n := w.random.IntN(12); {
	case n < 1:
		w.start()
	case n < 4:
		w.send()
	case n < 7:
		w.complete(func(l *walked) secret.Text { return Other(l.codes[len(l.codes)-1]) })
	case n < 8:
		w.complete(func(l *walked) secret.Text { return l.codes[0] })
	case n < 9:
		w.complete(func(l *walked) secret.Text { return l.codes[len(l.codes)-1] })
	case n < 10:
		_, err := w.Backend.Store.DeleteExpired(w.T.Context(), w.Now(), 1000)
		w.must(err)
	case n < 11:
		w.Advance(time.Duration(w.random.IntN(90)) * time.Second)
	default:
		w.Advance(leap(w.random))
	}
}

// start begins a login, by one of the ids that lead to the same mailbox.
func (w *walker) start() {
	loginID := []string{Email, "JARED@PIEDPIPER.COM", Username}[w.random.IntN(3)]
	key := "starts of e-mail"
	if loginID == Username {
		key = "starts of username"
	}
	r := passwordless.StartRequest{ApplicationID: ApplicationID, LoginID: loginID, LoginStrategy: identity.FormField}
	l := &walked{started: w.Now(), expires: w.Now().Add(3 * time.Minute)}
	var err error
	if w.random.IntN(2) == 0 {
		var begun passwordless.Begun
		begun, err = w.Login().Begin(w.T.Context(), r)
		l.handle = begun.Code.Text
		w.sentTo(l, err)
	} else {
		var started passwordless.Started
		started, err = w.Login().Start(w.T.Context(), r)
		l.handle = started.Code.Text
	}
	if w.allowed(err) {
		w.take(key, 30, time.Hour)
		w.logins = append(w.logins, l)
	}
}

func (w *walker) send() {
	l := w.some()
	if l == nil {
		return
	}
	err := w.Login().Send(w.T.Context(), passwordless.SendRequest{Code: l.handle})
	if live := !l.over && w.Now().Before(l.expires) && l.guesses < perTicket; live == errors.Is(err, passwordless.ErrRefused) {
		w.fail("a send of a login that is live (%v) was answered %v", live, err)
	}
	if errors.Is(err, passwordless.ErrRefused) {
		return
	}
	if !l.sent.IsZero() && w.Now().Sub(l.sent) < time.Minute && err == nil {
		w.fail("two sends %v apart", w.Now().Sub(l.sent))
	}
	w.sentTo(l, err)
	if w.allowed(err) {
		until := w.Now().Add(3 * time.Minute)
		if last := l.started.Add(10 * time.Minute); until.After(last) {
			until = last
		}
		if until.After(l.expires) {
			l.expires = until
		}
	}
}

// sentTo books a message.
func (w *walker) sentTo(l *walked, err error) {
	if err != nil {
		return
	}
	messages := w.Inbox.Messages()
	m := messages[len(messages)-1]
	if m.Channel != messenger.Email || m.To.Reveal() != Email {
		w.fail("a message left for another address than the one on record")
	}
	w.take("sends", 20, 24*time.Hour)
	l.codes = append(l.codes, m.Code)
	l.sent = w.Now()
	if l.sends++; l.sends > 5 {
		w.fail("%d messages of one login", l.sends)
	}
}

// complete completes some login by a code, and checks the answer against the books.
func (w *walker) complete(code func(*walked) secret.Text) {
	l := w.some()
	if l == nil || len(l.codes) == 0 {
		return
	}
	typed, current := code(l), l.codes[len(l.codes)-1]
	_, err := w.Login().Complete(w.T.Context(), passwordless.LoginRequest{ApplicationID: ApplicationID, Code: l.handle, OneTimeCode: typed})
	if err != nil && !errors.Is(err, passwordless.ErrRefused) {
		w.fail("%v", err)
	}
	opens := !l.over && w.Now().Before(l.expires) && l.guesses < perTicket
	if opens {
		l.guesses++
	}
	must := opens && w.room("guesses", perDay) && current.Equal(typed)
	if took := err == nil; took != must {
		w.fail("a code was taken: %v, want %v; it is %v old, sent %d times and guessed at %d times",
			took, must, w.Now().Sub(l.started), l.sends, l.guesses)
	}
	if opens && w.room("guesses", perDay) {
		w.take("guesses", perDay, 24*time.Hour)
	}
	if err == nil {
		w.giveBack("guesses")
		l.over = true
	}
}

// some is one of the latest logins.
func (w *walker) some() *walked {
	if len(w.logins) == 0 {
		return nil
	}
	latest := w.logins[max(0, len(w.logins)-2):]
	return latest[w.random.IntN(len(latest))]
}

// take books one from a budget, which must have had it.
func (w *walker) take(key string, limit int, window time.Duration) {
	if !w.room(key, limit) {
		w.fail("more than %d %s in %v", limit, key, window)
	}
	w.books.take(key, window)
}

// allowed says whether a start or send went through. If it did not, it was limited.
func (w *walker) allowed(err error) bool {
	var limit *passwordless.RateLimitError
	if err != nil && !errors.As(err, &limit) {
		w.fail("%v", err)
	}
	return err == nil
}

func (w *walker) fail(format string, args ...any) {
	w.T.Helper()
	w.T.Fatalf("seed %d, %v in: %s", w.seed, w.Now().Sub(Start), fmt.Sprintf(format, args...))
}
