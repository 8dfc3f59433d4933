package integration_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/sqlstore"
)

// secondFactors is a user with a method by SMS, and how to get at it from as many
// machines as one likes.
type secondFactors struct {
	testing.TB
	keys  *secret.Keyring
	inbox messenger.Inbox
	mu    sync.Mutex
	at    time.Time
	who   mfa.Who
	pay   mfa.Purpose
	codes []secret.Issued // for recovery
	id    string          // of the method
}

const secondNumber = "+13035551212"

// enrolled gives the sample user a method over a store.
func enrolled(t testing.TB, s *sqlstore.Store) *secondFactors {
	t.Helper()
	keys, err := secret.NewKeyring(secret.GenerateKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	f := &secondFactors{
		TB: t, keys: keys, at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		who: mfa.Who{UserID: "00000000-0000-0001-0000-000000000000", ApplicationID: "10000000-0000-0002-0000-000000000001"},
		pay: mfa.Purpose{Action: "pay"},
	}
	f.must(s.PutUser(t.Context(), identity.User{
		ID: f.who.UserID, TenantID: "f24aca2b-ce4a-4dad-951a-c9d690e71415", Active: true,
		Email: "jared@piedpiper.com", Verified: true,
	}))
	m := f.machine(s)
	e, err := m.Enrol(t.Context(), f.who, mfa.EnrolRequest{Kind: identity.MethodSMS, To: secondNumber})
	f.must(err)
	done, err := m.Confirm(t.Context(), f.who, mfa.ConfirmRequest{MethodID: e.MethodID, Code: f.sent()})
	f.must(err)
	f.codes, f.id = done.RecoveryCodes, e.MethodID
	return f
}

// plainPhones takes numbers as they are.
type plainPhones struct{}

func (plainPhones) ParsePhone(number string) (string, error) { return number, nil }

// machine is one more process over a store.
func (f *secondFactors) machine(s *sqlstore.Store) *mfa.Factors {
	f.Helper()
	tenant := identity.Tenant{ID: "f24aca2b-ce4a-4dad-951a-c9d690e71415", Name: "Pied Piper"}
	tenant.MultiFactorConfiguration.SMS.Enabled = true
	m, err := mfa.New(mfa.Config{
		Store: store.Of(s), Keys: f.keys, Messenger: &f.inbox,
		Applications: identity.Static(tenant, identity.Application{ID: f.who.ApplicationID, Open: true}),
		Phones:       func(string) identity.PhoneParser { return plainPhones{} },
		Now:          f.now,
	})
	f.must(err)
	return m
}

func (f *secondFactors) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

func (f *secondFactors) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = f.at.Add(d)
}

func (f *secondFactors) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *secondFactors) sent() secret.Text { return secret.New(f.inbox.LastCode(secondNumber)) }

// stepUp begins a step-up and completes it with a code.
func (f *secondFactors) stepUp(m *mfa.Factors, code secret.Text) error {
	s, err := m.StartStepUp(f.Context(), f.who, f.pay)
	if err != nil {
		return err
	}
	_, err = m.CompleteStepUp(f.Context(), f.who, s.ID.Text, f.pay, code)
	return err
}

// A recovery code, at one time, on many step-ups and two machines.
//
// MFA-10
func TestARecoveryCodeHasOneWinnerOnEveryEngine(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		s, _ := e.open(t)
		f := enrolled(t, s)
		machines := []*mfa.Factors{f.machine(s), f.machine(s)}
		errs := make([]error, 8)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = f.stepUp(machines[i%2], f.codes[0].Text) })
		}
		wg.Wait()
		winners := 0
		for _, err := range errs {
			if err == nil {
				winners++
			} else if !errors.Is(err, mfa.ErrWrongCode) {
				t.Errorf("a loser hears %v", err)
			}
		}
		if winners != 1 {
			t.Errorf("one code counted %d times", winners)
		}
	})
}

// The guesses of a day are counted in the store: neither another step-up, nor
// another message, nor a restart gives one back; a day does.
//
// LIM-02 LIM-03
func TestGuessesOutliveARestartOnEveryEngine(t *testing.T) {
	onEngines(t, func(t *testing.T, e *sqlEngine) {
		dsn := e.dsn(t)
		s := e.migrated(t, e.pool(t, dsn), "")
		f := enrolled(t, s)
		compared := 0
		for i := range 60 {
			if i%10 == 0 { // a restart
				s = e.migrated(t, e.pool(t, dsn), "")
			}
			err := f.stepUp(f.machine(s), secret.New(fmt.Sprintf("AAAAA-AAAAA-AAA%02d", i)))
			var exhausted *mfa.ExhaustedError
			switch {
			case errors.Is(err, mfa.ErrWrongCode):
				compared++
			case !errors.As(err, &exhausted) || exhausted.RetryAfter <= 0:
				t.Fatalf("guess %d: %v", i, err)
			}
		}
		if compared != 10 {
			t.Errorf("%d guesses were compared in a day, want 10", compared)
		}
		m := f.machine(s)
		if err := f.stepUp(m, f.codes[0].Text); err == nil {
			t.Error("a recovery code did after the budget was spent")
		}
		f.must(f.byMessage(m))
		f.advance(24 * time.Hour)
		f.must(f.stepUp(m, f.codes[0].Text))
	})
}

// byMessage completes a step-up by the code that is sent for it.
func (f *secondFactors) byMessage(m *mfa.Factors) error {
	f.advance(time.Minute)
	s, err := m.StartStepUp(f.Context(), f.who, f.pay)
	f.must(err)
	_, err = m.SendStepUp(f.Context(), f.who, s.ID.Text, f.id)
	f.must(err)
	_, err = m.CompleteStepUp(f.Context(), f.who, s.ID.Text, f.pay, f.sent())
	return err
}
