package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/httpapi"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

const bug = "a bug at jared@piedpiper.com"

type brokenApplications struct{}

func (brokenApplications) Application(context.Context, string) (identity.Tenant, identity.Application, error) {
	panic(bug)
}

// brokenQueue is a messenger that is called in the request.
type brokenQueue struct{}

func (brokenQueue) Queues()                                       {}
func (brokenQueue) Send(context.Context, messenger.Message) error { panic(bug) }

// Each hook of the login that panics ends its own request as is documented of it,
// is heard of where it made the request fail, and tells the client nothing.
//
// ROB-01 LOG-01
func TestHooksThatPanic(t *testing.T) {
	t.Parallel()
	complete := func(b *bench) answer { return b.post("/api/passwordless/login", b.form("")) }
	const panics, fails, nothing = "panic", "failure", ""
	for name, c := range map[string]struct {
		broken func(c *passwordless.Config)
		call   func(b *bench) answer
		status int
		heard  string
	}{
		"Applications": {
			func(c *passwordless.Config) { c.Applications = brokenApplications{} },
			func(b *bench) answer { return b.post("/api/passwordless/start", startBody, withKey) },
			http.StatusInternalServerError, panics,
		},
		"Messenger": {
			func(c *passwordless.Config) { c.Messenger = brokenQueue{} },
			func(b *bench) answer {
				code := b.post("/api/passwordless/start", formBody, withKey).text("code")
				return b.post("/api/passwordless/send", fmt.Sprintf(`{"code":%q}`, code))
			},
			http.StatusInternalServerError, panics,
		},
		"SetPassword": {
			func(c *passwordless.Config) {
				c.SetPassword = func(context.Context, passwordless.PasswordChange) error { panic(bug) }
			},
			func(b *bench) answer {
				u := b.User()
				u.PasswordChangeRequired = true
				b.Put(u)
				id := complete(b).text("changePasswordId")
				return b.post("/api/user/change-password/"+id, `{"password":"piper-net-3000"}`)
			},
			http.StatusInternalServerError, panics,
		},
		"Veto": {
			func(c *passwordless.Config) {
				c.Veto = func(context.Context, passwordless.Attempt) error { panic(bug) }
			},
			complete, http.StatusGatewayTimeout, fails,
		},
		"Threats": {
			func(c *passwordless.Config) {
				c.Threats = func(context.Context, passwordless.Attempt) []identity.AuthenticationThreat { panic(bug) }
			},
			complete, http.StatusGatewayTimeout, fails,
		},
		"Demand": {
			func(c *passwordless.Config) {
				c.Demand = func(context.Context, passwordless.Attempt) bool { panic(bug) }
			},
			complete, 242, nothing,
		},
		"Events": {
			func(c *passwordless.Config) { c.Events = func(context.Context, passwordless.Event) { panic(bug) } },
			complete, http.StatusOK, nothing,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			b.Tenant.MultiFactorConfiguration.SMS.Enabled = true
			b.House.Config.Applications = identity.Static(b.Tenant, b.Application)
			c.broken(&b.House.Config)
			got := c.call(b)
			if got.StatusCode != c.status || strings.Contains(got.body, "bug") || (c.status != 200 && got.cookie("access_token") != "") {
				t.Errorf("%d %s, want %d", got.StatusCode, got.body, c.status)
			}
			heard := nothing
			for _, err := range b.Errs() {
				var p *httpapi.PanicError
				heard = fails
				if errors.As(err, &p) {
					heard = panics
				}
				if strings.Contains(err.Error(), logintest.Email) {
					t.Errorf("reported %v, which tells what was in the panic", err)
				}
			}
			if heard != c.heard || len(b.Errs()) > 1 {
				t.Errorf("reported %v, want one %q", b.Errs(), c.heard)
			}
			if got := b.call("GET /api/jwt/public-key", ""); got.StatusCode != 200 {
				t.Errorf("afterwards: %d, want 200", got.StatusCode)
			}
		})
	}
}

// Config.Errors that panics takes no answer away.
func TestErrorsThatPanic(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.House.Config.Applications = brokenApplications{}
	b.Config.Errors = func(*http.Request, error) { panic(bug) }
	if got := b.post("/api/passwordless/start", startBody, withKey); got.StatusCode != 500 {
		t.Errorf("%d, want 500", got.StatusCode)
	}
}
