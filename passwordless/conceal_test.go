package passwordless_test

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// handle matches a handle of the default shape.
var handle = regexp.MustCompile(`"[A-Za-z0-9_-]{43}"`)

// shape is the JSON of an answer with every handle replaced by one text.
func shape(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return handle.ReplaceAllString(string(b), `"handle"`)
}

// people are who may stand behind a login id; all but the first are nobody to
// whoever has no secret of theirs.
var people = map[string]func(u *identity.User){
	"well":         func(*identity.User) {},
	"locked":       func(u *identity.User) { u.Active = false },
	"expired":      func(u *identity.User) { u.Expiry = identity.At(logintest.Start) },
	"suspended":    func(u *identity.User) { u.Actions = []identity.Action{logintest.Suspended()} },
	"unregistered": func(u *identity.User) { u.Registrations = nil },
	"unverified":   func(u *identity.User) { *u = logintest.Unverified(*u) },
	"no address":   func(u *identity.User) { u.Email, u.Identities = "", u.Identities[1:] },
	"nobody": func(u *identity.User) {
		u.ID, u.Email, u.PhoneNumber, u.Username, u.Identities = logintest.NeighbourID, logintest.NeighbourEmail, "", "", nil
	},
}

// observed is all that can be seen of a login from without, and the calls that
// the store saw.
func observed(t *testing.T, change func(*identity.User), loginID string, strategy identity.LoginStrategy) (seen, calls []string) {
	m := memstore.New()
	b := logintest.Backend{Put: m.Put}
	b.Store = logintest.Tap(store.Of(m), func(c logintest.Call) error {
		calls = append(calls, c.Method)
		return c.Do()
	})
	b.Put = func(u identity.User) error {
		change(&u)
		return m.Put(u)
	}
	h := logintest.Open(t, b)
	l := h.Login()
	note := func(v any, err error) {
		seen = append(seen, fmt.Sprint(shape(t, v), err))
		calls = append(calls, ".")
	}
	r := passwordless.StartRequest{
		ApplicationID: logintest.ApplicationID, LoginID: loginID, LoginStrategy: strategy, IPAddress: "192.0.2.1",
		Browser: logintest.Browser(), EventInfo: logintest.Somewhere,
		LoginIDTypes: []identity.IdentityType{identity.Email, identity.PhoneNumber, identity.Username},
	}
	begun, err := l.Begin(t.Context(), r)
	note(begun, err)
	started, err := l.Start(t.Context(), r)
	note(started, err)
	note(nil, l.Send(t.Context(), passwordless.SendRequest{ApplicationID: r.ApplicationID, LoginID: r.LoginID}))
	handles := []secret.Text{begun.Code.Text, started.Code.Text}
	for i := range 7 {
		h.Advance(61 * time.Second)
		browser := r.Browser
		if i%2 > 0 {
			browser = logintest.Browser() // SEC-17
		}
		for _, code := range handles {
			if code.IsZero() {
				continue
			}
			note(nil, l.Send(t.Context(), passwordless.SendRequest{Code: code}))
			peeked, err := l.Peek(t.Context(), passwordless.PeekRequest{Code: code, Browser: browser})
			note(peeked, err)
			if strategy == identity.ClickableLink {
				continue // its code is the login: whoever has it is told what it leads to
			}
			for _, typed := range []string{"", "none", "123", "222222"} {
				result, err := l.Complete(t.Context(), passwordless.LoginRequest{Code: code, OneTimeCode: secret.New(typed), Browser: browser})
				note(result, err)
			}
		}
	}
	return seen, calls
}

// IDN-13 IDN-14 LIM-07 LIM-12: who stands behind a login id shows neither in an
// answer nor in what the store is asked.
func TestNobodyIsToldFromSomebody(t *testing.T) {
	t.Parallel()
	for _, loginID := range []string{logintest.Email, logintest.Username, logintest.Phone} {
		for _, strategy := range []identity.LoginStrategy{identity.FormField, identity.ClickableLink} {
			t.Run(identity.Mask(loginID)+" "+string(strategy), func(t *testing.T) {
				t.Parallel()
				seen, calls := observed(t, people["nobody"], loginID, strategy)
				if len(seen) < 10 {
					t.Fatalf("only %d answers", len(seen))
				}
				for name, change := range people {
					alsoSeen, alsoCalls := observed(t, change, loginID, strategy)
					if i := differ(seen, alsoSeen); i >= 0 {
						t.Errorf("%s: answer %d is %s, nobody's is %s", name, i, alsoSeen[i], seen[i])
					}
					if i := differ(calls, alsoCalls); i >= 0 {
						t.Errorf("%s: call %d differs from nobody's: %v and %v", name, i, alsoCalls, calls)
					}
				}
			})
		}
	}
}

// differ is where two lists first differ, or -1.
func differ(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b)) - 1
	}
	return -1
}

// IDN-13: many who have no address are not told from nobody by a limit that
// they share.
func TestNoAddressSharesNoLimit(t *testing.T) {
	t.Parallel()
	m := memstore.New()
	h := logintest.Open(t, logintest.Backend{Store: store.Of(m), Put: m.Put})
	for n := range 25 {
		u := h.User()
		u.ID, u.Email, u.PhoneNumber, u.Username = fmt.Sprintf("00000000-0000-0001-0000-0000000001%02d", n), "", "", fmt.Sprintf("johnny%d", 200+n)
		u.Identities = nil
		h.Put(u)
		r := logintest.Request(identity.FormField)
		r.LoginID = u.Username
		if _, err := h.Login().Begin(t.Context(), r); err != nil {
			t.Fatalf("the user without an address, after %d others: %v", n, err)
		}
	}
}

// failures are all the ways for a login's secret not to count.
func failures(h *logintest.House) map[string]passwordless.LoginRequest {
	spent := h.Form()
	h.Complete(spent)
	wrong := h.Form()
	wrong.OneTimeCode = logintest.Other(wrong.OneTimeCode)
	exhausted := h.Form()
	for range 6 {
		r := exhausted
		r.OneTimeCode = logintest.Other(r.OneTimeCode)
		h.Login().Complete(h.T.Context(), r)
	}
	missing := h.Form()
	missing.OneTimeCode = secret.Text{}
	tenant, application := h.Form(), h.Form()
	tenant.TenantID = logintest.OtherTenantID
	application.ApplicationID = logintest.SecondApplicationID
	nobody := logintest.Request(identity.FormField)
	nobody.LoginID = logintest.NeighbourEmail
	begun, err := h.Login().Begin(h.T.Context(), nobody)
	if err != nil {
		h.T.Fatal(err)
	}
	unsent, err := h.Login().Start(h.T.Context(), logintest.Request(identity.FormField))
	if err != nil {
		h.T.Fatal(err)
	}
	return map[string]passwordless.LoginRequest{
		"spent": spent, "wrong": wrong, "exhausted": exhausted, "missing": missing,
		"another tenant's": tenant, "another application's": application,
		"unknown":    {Code: secret.New("none"), OneTimeCode: secret.New("222222")},
		"nobody's":   {Code: begun.Code.Text, OneTimeCode: secret.New("222222")},
		"never sent": {Code: unsent.Code.Text, OneTimeCode: secret.New("222222")},
	}
}

// LIM-07: one answer to them all.
func TestOneAnswerToEveryFailure(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Limits = passwordless.Limits{SendsPerDay: 100, StartsPerHour: 100}
	all := failures(h)
	expired := h.Form()
	for name, r := range all {
		if result, err := h.Login().Complete(t.Context(), r); result != nil || err != passwordless.ErrRefused {
			t.Errorf("%s: %v and %v, want ErrRefused itself", name, result, err)
		}
	}
	h.Advance(time.Hour)
	if _, err := h.Login().Complete(t.Context(), expired); err != passwordless.ErrRefused {
		t.Errorf("expired: %v, want ErrRefused itself", err)
	}
}

// BenchmarkConceal measures what time tells of who exists: Welch's t between
// samples taken in turn for somebody and for nobody, to be run by hand with
// -benchtime=50000x. In one process, with no network and no database, a clone of
// a user shows as about a microsecond. An attacker has thirty starts an hour and
// twenty guesses a day for a login id to find it in.
func BenchmarkConceal(b *testing.B) {
	for name, prepare := range map[string]func(*passwordless.Login, passwordless.StartRequest) func() error{
		"Begin": func(l *passwordless.Login, r passwordless.StartRequest) func() error {
			return func() error {
				_, err := l.Begin(b.Context(), r)
				return err
			}
		},
		"Complete with a wrong code": func(l *passwordless.Login, r passwordless.StartRequest) func() error {
			begun, err := l.Begin(b.Context(), r)
			if err != nil {
				b.Fatal(err)
			}
			wrong := passwordless.LoginRequest{Code: begun.Code.Text, OneTimeCode: secret.New("none")}
			return func() error {
				if _, err := l.Complete(b.Context(), wrong); err != passwordless.ErrRefused {
					return fmt.Errorf("a wrong code: %w", err)
				}
				return nil
			}
		},
	} {
		b.Run(name, func(b *testing.B) { welch(b, prepare) })
	}
}

func welch(b *testing.B, prepare func(*passwordless.Login, passwordless.StartRequest) func() error) {
	bench := furnish(b, 1)
	ids := []string{benchUser(0).Email, "nobody@piedpiper.com"}
	samples := [2][]float64{}
	for n := range 2 * b.N {
		r := logintest.Request(identity.FormField)
		r.LoginID = ids[n%2]
		call := prepare(bench.login, r)
		before := time.Now()
		if err := call(); err != nil {
			b.Fatal(err)
		}
		samples[n%2] = append(samples[n%2], float64(time.Since(before)))
	}
	m0, v0 := moments(samples[0])
	m1, v1 := moments(samples[1])
	b.ReportMetric((m0-m1)/math.Sqrt(v0/float64(b.N)+v1/float64(b.N)), "welch-t")
	b.ReportMetric(m0, "ns/somebody")
	b.ReportMetric(m1, "ns/nobody")
}

// moments are the mean and variance of samples without their slowest hundredth,
// which the machine's other work makes.
func moments(samples []float64) (mean, variance float64) {
	slices.Sort(samples)
	samples = samples[:len(samples)-len(samples)/100]
	for _, s := range samples {
		mean += s / float64(len(samples))
	}
	for _, s := range samples {
		variance += (s - mean) * (s - mean) / float64(len(samples))
	}
	return mean, variance
}
