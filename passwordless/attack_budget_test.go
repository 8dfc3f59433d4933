package passwordless_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Starts for a login id are counted once, however it is spelled and whatever
// order its types are asked for in.
func TestStartsAreCountedInAnySpelling(t *testing.T) {
	t.Parallel()
	for _, loginID := range []string{logintest.Email, "example@fusionauth.io"} {
		h := open(t)
		h.Config.Limits.StartsPerHour = 3
		upper := []byte(loginID)
		var err error
		for i := range 4 {
			upper[i] -= 'a' - 'A'
			_, err = h.Login().Start(t.Context(), passwordless.StartRequest{
				ApplicationID: logintest.ApplicationID, LoginID: string(upper),
				LoginIDTypes: []identity.IdentityType{identity.Username, identity.Email},
			})
			if i < 3 && err != nil {
				t.Fatal(err)
			}
		}
		if limited := (*passwordless.RateLimitError)(nil); !errors.As(err, &limited) {
			t.Errorf("start 4 of 3: %v, want a RateLimitError", err)
		}
	}
}

// The budget of messages does not tell who exists, whatever order the types of a
// login id are asked for in.
func TestSendsTellNobodyInAnyOrder(t *testing.T) {
	t.Parallel()
	answers := map[string]string{}
	for _, loginID := range []string{logintest.Email, "jared@fusionauth.io"} {
		h := open(t)
		h.Config.Limits.SendsPerDay = 1
		for _, types := range [][]identity.IdentityType{
			{identity.Email},
			{identity.Username, identity.Email},
		} {
			_, err := h.Login().Begin(t.Context(), passwordless.StartRequest{
				ApplicationID: logintest.ApplicationID, LoginID: loginID, LoginIDTypes: types,
			})
			answers[loginID] += fmt.Sprint(err, "; ")
		}
	}
	if answers[logintest.Email] != answers["jared@fusionauth.io"] {
		t.Errorf("somebody and nobody get different answers: %v", answers)
	}
}

// A client that may choose its address within its network has one budget.
func TestClientsAreCountedByNetwork(t *testing.T) {
	t.Parallel()
	for name, addresses := range map[string][]string{
		"IPv6, of one /64": {"2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3"},
		"IPv4, mapped":     {"192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"},
	} {
		h := open(t)
		h.Config.Limits.StartsPerClientHour = 2
		var err error
		for i, a := range addresses {
			r := logintest.Request(identity.FormField)
			r.LoginID, r.IPAddress = fmt.Sprintf("example%d@fusionauth.io", i), a
			_, err = h.Login().Start(t.Context(), r)
			if i < 2 && err != nil {
				t.Fatal(err)
			}
		}
		if limited := (*passwordless.RateLimitError)(nil); !errors.As(err, &limited) {
			t.Errorf("%s: start 3 of 2: %v, want a RateLimitError", name, err)
		}
	}
}

// What is no address is refused: one with a port in it would be another client
// each time.
func TestClientsWithPortsAreRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, address := range []string{"192.0.2.1:49152", "[2001:db8::1]:49152", "fe80::1%eth0", "unknown"} {
		r := logintest.Request(identity.FormField)
		r.IPAddress = address
		_, err := h.Login().Begin(t.Context(), r)
		if invalid := (*passwordless.ValidationError)(nil); !errors.As(err, &invalid) {
			t.Errorf("%q: %v, want a ValidationError", address, err)
		}
	}
}

// LIM-05: going through the first factor again, by code or by link, gives back
// none of the second factor's guesses: ten a day are compared.
func TestFirstFactorRefillsNoSecondFactorGuesses(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Config.Limits = logintest.Unlimited()
	compared := 0
	h.Config.Events = func(_ context.Context, e passwordless.Event) {
		if e.Reason == passwordless.WrongCode {
			compared++
		}
	}
	app := h.Enrolled(who)
	for i := range 6 {
		begin := h.Form
		if i%2 == 1 {
			begin = h.Link
		}
		first := h.Complete(begin())
		for range 5 {
			if _, err := h.Login().CompleteTwoFactor(t.Context(), second(first, logintest.Other(app.Code()))); err == nil {
				t.Fatal("a wrong code completed a login")
			}
		}
	}
	if compared != 10 {
		t.Errorf("%d wrong codes were compared, want 10", compared)
	}
	h.Advance(time.Minute)
	if _, err := h.Login().CompleteTwoFactor(t.Context(), second(challenged(h), app.Code())); !errors.Is(err, mfa.ErrWrongCode) {
		t.Errorf("the right code after ten guesses: %v, want mfa.ErrWrongCode", err)
	}
	recovery := second(challenged(h), secret.New(app.Recovery[0].Reveal()))
	if _, err := h.Login().CompleteTwoFactor(t.Context(), recovery); err != nil {
		t.Errorf("a recovery code, which has guesses of its own: %v", err)
	}
}
