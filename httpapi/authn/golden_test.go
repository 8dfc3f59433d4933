package authn_test

import (
	"context"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wiretest"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// Each status that each endpoint can answer, byte for byte.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	var fault error
	b := open(t, func(b *bench) {
		b.Tenant.MultiFactorConfiguration.SMS.Enabled = true
		b.Config.Password = func(ctx context.Context, username string, typed secret.Text) (string, error) {
			if fault != nil {
				return "", fault
			}
			return checkPassword(ctx, username, typed)
		}
	})
	const auth = "POST /auth"
	first := b.Record("200 signed in", auth, "", john)
	b.Record("200 signed in again: the key is not told", auth, "", john)
	b.Record("400 two credentials", auth, "", john, "api-key: "+first.Text("apiKey"))
	b.Record("401 a wrong password", auth, "", basic(logintest.Username, "wrong"))
	b.Record("403 from another origin", auth, "", john, "Origin: https://example.com", "Sec-Fetch-Site: cross-site")
	b.Record("404 another path", "POST /auth/", "", john)
	b.Record("405 another method", "GET /auth", "", john)
	b.Record("204 the methods", "OPTIONS /auth", "")
	fault = &passwordless.RateLimitError{RetryAfter: 90 * time.Second}
	b.Record("429 too many passwords", auth, "", john)
	fault = errBroken
	b.Record("500 something failed", auth, "", john)
	fault = nil

	key, access := "api-key: "+first.Text("apiKey"), "access-token: "+first.Text("accessToken")
	b.Record("200 an access token that holds", "GET /auth/access-token", "", access)
	b.Record("200 an access token that does not", "GET /auth/access-token", "", "access-token: x")
	b.Record("401 no access token", "GET /auth/access-token", "", key)
	b.Record("200 an access token", "POST /auth/access-token", `{"time":3600}`, key)
	b.Record("400 a time out of its range", "POST /auth/access-token", `{"time":60}`, key)
	b.Record("400 no JSON", "POST /auth/access-token", `{"time"`, key)
	b.Record("400 a member that is not of its type", "POST /auth/access-token", `{"time":"60"}`, key)
	b.Record("401 an access token makes no other", "POST /auth/access-token", "", access)
	b.Record("415 no JSON", "POST /auth/access-token", "time=60", key, "Content-Type: application/x-www-form-urlencoded")
	b.Advance(time.Second) // keys are listed by when they were made
	made := b.Record("200 an API key", "POST /auth/api-key", `{"name":"reports"}`, key)
	b.Record("400 no name", "POST /auth/api-key", `{}`, key)
	b.Record("409 a name that is taken", "POST /auth/api-key", `{"name":"reports"}`, key)
	b.Record("200 the API keys", "GET /auth/api-keys", "", access)
	b.Record("401 no credential", "GET /auth/api-keys", "")
	b.Record("200 renamed", "PATCH /auth/api-key/"+made.Text("id"), `{"name":"monthly reports"}`, key)
	b.Record("400 renamed to nothing", "PATCH /auth/api-key/"+made.Text("id"), `{}`, key)
	b.Record("404 renamed, and not there", "PATCH /auth/api-key/x", `{"name":"x"}`, key)
	b.Record("409 renamed to what is taken", "PATCH /auth/api-key/"+made.Text("id"), `{"name":"loginKey"}`, key)
	b.Recorder.Golden("testdata/keys.txt")
}

// Each status of the second step.
func TestSecondStepTranscripts(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.Tenant.MultiFactorConfiguration.SMS.Enabled = true })
	id := sms(b)
	first := b.Record("200 a second factor is required", "POST /auth", "", john)
	b.Record("403 Basic is no way around it", "GET /auth/api-keys", "", john)
	state := first.Text("stateToken")
	verify, challenge := "POST /auth/factor/"+id+"/verify", "POST /auth/factor/"+id+"/challenge"
	b.Record("204 a code is on its way", challenge, `{"stateToken":"`+state+`"}`, john)
	b.Record("429 too many codes", challenge, `{"stateToken":"`+state+`"}`, john)
	b.Record("400 no stateToken", challenge, ``, john)
	b.Record("401 an unknown stateToken", challenge, `{"stateToken":"unknown"}`, john)
	code := b.Inbox.LastCode(logintest.Phone)
	b.Record("400 no passCode", verify, `{"stateToken":"`+state+`"}`, john)
	b.Record("401 a wrong password", verify, verifyBody(state, code), basic(logintest.Username, "wrong"))
	b.Record("401 an unknown stateToken", verify, verifyBody("unknown", code), john)
	b.Record("403 a wrong passCode", verify, verifyBody(state, wiretest.Other(code)), john)
	b.Record("200 verified", verify, verifyBody(state, code), john)
	b.Record("401 the stateToken again", verify, verifyBody(state, code), john)
	app := another(b)
	first = b.Call("POST /auth", "", john)
	b.Record("403 nothing to send", "POST /auth/factor/"+app+"/challenge", `{"stateToken":"`+first.Text("stateToken")+`"}`, john)
	b.Recorder.Golden("testdata/second-step.txt")
}
