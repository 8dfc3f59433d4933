package authn_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/authn"
	"github.com/gatehouse-go/gatehouse/httpapi/internal/wiretest"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/secret"
)

// What a second step is refused for, and that the transaction stays open for five
// guesses.
//
// S1-11, S1-28, S1-34, S1-49, S1-50.
func TestSecondStepRefused(t *testing.T) {
	t.Parallel()
	b := open(t)
	app := enrolled(b)
	state := b.Call("POST /auth", "", john).Text("stateToken")
	path := "POST /auth/factor/" + app.id + "/verify"
	unknown := b.Call(path, verifyBody("unknown", app.code()), john)
	wrong := wiretest.Other(app.code())
	for name, c := range map[string]struct {
		path, body string
		status     int
		same       bool // as an unknown stateToken, byte for byte
	}{
		"no stateToken":     {path, verifyBody("", app.code()), 400, false},
		"no passCode":       {path, verifyBody(state, ""), 400, false},
		"in the query":      {path + "?stateToken=" + state, verifyBody(state, app.code()), 400, false},
		"a number":          {path, `{"stateToken":"` + state + `","passCode":123456}`, 400, false},
		"unknown":           {path, verifyBody("unknown", app.code()), 401, true},
		"another factor":    {"POST /auth/factor/ZZZZ/verify", verifyBody(state, app.code()), 401, true},
		"recovery by TOTP":  {"POST /auth/factor/recovery/verify", verifyBody(state, app.code()), 403, false},
		"a wrong passCode":  {path, verifyBody(state, wrong), 403, false},
		"what is no number": {path, verifyBody(state, "abcdef"), 403, false},
	} {
		a := b.Call(c.path, c.body, john)
		if a.Status != c.status || (a.Body == unknown.Body) != c.same {
			t.Errorf("%s: %d %s, want %d", name, a.Status, a.Body, c.status)
		}
	}
	// Three of the five guesses are gone; the right one is the fourth.
	code := app.code()
	if a := b.Call(path, verifyBody(state, code), john); a.Status != 200 {
		t.Errorf("the right passCode: %d %s", a.Status, a.Body)
	}
	if a := b.Call(path, verifyBody(state, code), john); a.Status != 401 || a.Body != unknown.Body {
		t.Errorf("the stateToken again: %d %s", a.Status, a.Body)
	}
	next := b.Call("POST /auth", "", john).Text("stateToken")
	if a := b.Call(path, verifyBody(next, code), john); a.Status != 403 {
		t.Errorf("the passCode again: %d %s", a.Status, a.Body)
	}
	for range 5 {
		b.Call(path, verifyBody(next, wrong), john)
	}
	b.Advance(30 * time.Second)
	if a := b.Call(path, verifyBody(next, app.code()), john); a.Status != 401 {
		t.Errorf("the right passCode, the sixth: %d %s", a.Status, a.Body)
	}
}

// S1-31: a transaction is over at expiresAt, and not before.
func TestTransactionExpires(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		b := open(t)
		app := enrolled(b)
		first := b.Call("POST /auth", "", john)
		until, err := time.Parse(time.RFC3339, first.Text("expiresAt"))
		b.must(err)
		b.Advance(until.Sub(b.Now()) - time.Millisecond)
		want := 200
		if late {
			b.Advance(time.Millisecond)
			want = 401
		}
		if a := b.Call("POST /auth/factor/"+app.id+"/verify", verifyBody(first.Text("stateToken"), app.code()), john); a.Status != want {
			t.Errorf("late %v: %d %s", late, a.Status, a.Body)
		}
	}
}

// S1-11: one user's transaction is no other's, though the other has a password.
func TestTransactionOfAnother(t *testing.T) {
	t.Parallel()
	const another = "00000000-0000-0001-0000-000000000001"
	b := open(t, func(b *bench) {
		b.Config.Password = func(ctx context.Context, username string, typed secret.Text) (string, error) {
			if username == "example@fusionauth.io" {
				return another, nil
			}
			return checkPassword(ctx, username, typed)
		}
	})
	app := enrolled(b)
	b.Put(identity.User{ID: another, TenantID: logintest.TenantID, Active: true, Email: "example@fusionauth.io", Verified: true})
	state := b.Call("POST /auth", "", john).Text("stateToken")
	path := "POST /auth/factor/" + app.id + "/verify"
	if a := b.Call(path, verifyBody(state, app.code()), basic("example@fusionauth.io", password)); a.Status != 401 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := b.Call(path, verifyBody(state, app.code()), john); a.Status != 200 {
		t.Errorf("whose it is: %d %s", a.Status, a.Body)
	}
}

// A factor by SMS is challenged for, masked, and completes; twice in a minute is
// too many.
//
// S1-50, S1-53: the number is masked, and what is sent holds no stateToken.
func TestChallenge(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.Tenant.MultiFactorConfiguration.SMS.Enabled = true })
	id := sms(b)
	first := b.Call("POST /auth", "", john)
	state := first.Text("stateToken")
	if !strings.Contains(first.Body, `"factorType":"sms","provider":"GATEHOUSE","profile":{"phoneNumber":"+***12"}`) {
		t.Errorf("%s", first.Body)
	}
	challenge := "POST /auth/factor/" + id + "/challenge"
	if a := b.Call(challenge, verifyBody(state, ""), john); a.Status != 204 || a.Body != "" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := b.Call(challenge, verifyBody(state, ""), john); a.Status != 429 || a.Header.Get("Retry-After") != "60" {
		t.Errorf("at once again: %d, Retry-After %q", a.Status, a.Header.Get("Retry-After"))
	}
	for _, m := range b.Inbox.Messages() {
		if m.Code.Reveal() == state || strings.Contains(m.Link.Reveal(), state) {
			t.Error("the stateToken was sent")
		}
	}
	code := b.Inbox.LastCode(logintest.Phone)
	if a := b.Call("POST /auth/factor/"+id+"/verify", verifyBody(state, code), john); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// A recovery code stands in for a factor that was lost.
func TestRecoveryCode(t *testing.T) {
	t.Parallel()
	b := open(t)
	app := enrolled(b)
	for i, factor := range []string{app.id, authn.FactorRecovery} {
		state := b.Call("POST /auth", "", john).Text("stateToken")
		if a := b.Call("POST /auth/factor/"+factor+"/verify", verifyBody(state, app.recovery[i].Reveal()), john); a.Status != 200 {
			t.Errorf("%s: %d %s", factor, a.Status, a.Body)
		}
	}
}
