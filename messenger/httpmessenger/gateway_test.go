package httpmessenger_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/httpmessenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

const (
	number     = "+13035551212"
	code       = "012345"
	sender     = "+13035550100"
	accountSID = "AC00000000000000000000000000000001"
	authToken  = "canary-token"
	id         = "10000000-0000-0002-0000-00000000000a"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func newMessage() messenger.Message {
	return messenger.Message{
		ID:          id,
		Purpose:     messenger.PasswordlessLogin,
		Channel:     messenger.SMS,
		To:          secret.New(number),
		Application: messenger.Ref{ID: "10000000-0000-0002-0000-000000000001", Name: "Pied Piper"},
		Code:        secret.New(code),
		Lifetime:    3 * time.Minute,
		Expires:     now.Add(3 * time.Minute),
	}
}

// builtIn is what most tests write with, read once. Its domain is the site's.
var builtIn = sync.OnceValue(func() *messenger.Templates {
	templates, err := messenger.NewTemplates(messenger.TemplateConfig{Domain: "piedpiper.com"})
	if err != nil {
		panic(err)
	}
	return templates
})

const wantText = "012345 is your code to sign in to Pied Piper. Valid for 3 minutes. Do not share it.\n\n@piedpiper.com #012345"

// A gateway answers as it is told and keeps what it was asked.
type gateway struct {
	answer http.HandlerFunc // nil: 201

	mu       sync.Mutex
	requests []request
}

type request struct {
	*http.Request
	body string
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	g.mu.Lock()
	g.requests = append(g.requests, request{r, string(body)})
	g.mu.Unlock()
	if g.answer != nil {
		g.answer(w, r)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

func (g *gateway) asked() []request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]request(nil), g.requests...)
}

// open serves g under TLS, and amends c to ask it.
func (g *gateway) open(t testing.TB, c httpmessenger.Config) httpmessenger.Config {
	t.Helper()
	s := httptest.NewUnstartedServer(g)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that hang up
	s.StartTLS()
	t.Cleanup(s.Close)
	c.URL = s.URL + "/messages"
	c.Transport = s.Client().Transport
	c.Templates = builtIn()
	c.Now = func() time.Time { return now }
	return c
}

func newMessenger(t testing.TB, c httpmessenger.Config) *httpmessenger.Messenger {
	t.Helper()
	m, err := httpmessenger.New(c)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(m.Close)
	return m
}

// ask sends a message through a gateway, and returns what that was asked.
func ask(t testing.TB, c httpmessenger.Config, msg messenger.Message) request {
	t.Helper()
	g := &gateway{}
	if err := newMessenger(t, g.open(t, c)).Send(t.Context(), msg); err != nil {
		t.Fatalf("Send: %v", err)
	}
	asked := g.asked()
	if len(asked) != 1 {
		t.Fatalf("%d requests, want 1", len(asked))
	}
	return asked[0]
}

// wantNoSecret looks for what an error must not show, the response's text and
// the URL included.
func wantNoSecret(t testing.TB, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		shown := fmt.Sprintf("%v %+v %#v", err, err, err)
		for _, canary := range []string{number, "3035551212", code, authToken, accountSID, "canary", "/messages"} {
			if strings.Contains(shown, canary) {
				t.Errorf("error %q shows %q", err, canary)
			}
		}
	}
}
