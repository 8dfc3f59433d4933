package integration_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/httpmessenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// An smsGateway takes what Twilio's takes.
type smsGateway struct {
	mu     sync.Mutex
	forms  []url.Values
	keys   []string
	answer []int // statuses of the next responses, then 201
}

func (g *smsGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	sid, token, _ := r.BasicAuth()
	if sid != "AC1" || token != "canary-token" || r.URL.Path != "/2010-04-01/Accounts/AC1/Messages.json" || r.ParseForm() != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	g.forms = append(g.forms, r.PostForm)
	g.keys = append(g.keys, r.Header.Get("Idempotency-Key"))
	status := http.StatusCreated
	if len(g.answer) > 0 {
		status, g.answer = g.answer[0], g.answer[1:]
	}
	w.WriteHeader(status)
}

// open serves g under TLS, and returns a Messenger that asks it.
func (g *smsGateway) open(t *testing.T) *httpmessenger.Messenger {
	t.Helper()
	server := httptest.NewTLSServer(g)
	t.Cleanup(server.Close)
	templates, err := messenger.NewTemplates(messenger.TemplateConfig{Domain: "piedpiper.com"})
	if err != nil {
		t.Fatal(err)
	}
	c := httpmessenger.Twilio("AC1", secret.New("canary-token"), "+13035550100")
	c.URL = strings.Replace(c.URL, "https://api.twilio.com", server.URL, 1)
	c.Transport = server.Client().Transport
	c.Templates, c.Countries = templates, []string{"+1"}
	c.Now = func() time.Time { return logintest.Start }
	m, err := httpmessenger.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// asked returns what the gateway was asked, and under which keys.
func (g *smsGateway) asked() ([]url.Values, []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.forms), slices.Clone(g.keys)
}

// texted begins a login by phone.
func texted(t *testing.T, h *logintest.House, loginID string) passwordless.Begun {
	t.Helper()
	begun, err := h.Login().Begin(t.Context(), passwordless.StartRequest{
		ApplicationID: logintest.ApplicationID, LoginID: loginID,
		LoginIDTypes: []identity.IdentityType{identity.PhoneNumber}, LoginStrategy: identity.FormField,
	})
	if err != nil {
		t.Fatalf("Begin: %v", err)
	}
	return begun
}

// A login by SMS, through a gateway that fails twice first: every try is for the
// same number, with the same code and the same key, and the last line binds the
// code to the site.
//
// S3-40 SEC-20 FLT-03
func TestHTTPLoginBySMS(t *testing.T) {
	t.Parallel()
	g := &smsGateway{answer: []int{http.StatusServiceUnavailable, http.StatusTooManyRequests}}
	h, o := posted(t, g.open(t), unexpected(t))
	begun := texted(t, h, "(303) 555-1212")
	drainOutbox(t, o)

	forms, keys := g.asked()
	if len(forms) != 3 {
		t.Fatalf("%d requests, want 3", len(forms))
	}
	for i, form := range forms {
		if form.Get("To") != logintest.Phone || form.Get("Body") != forms[0].Get("Body") || keys[i] == "" || keys[i] != keys[0] {
			t.Errorf("request %d differs from the first: %v under %q", i, form, keys[i])
		}
	}
	body := forms[0].Get("Body")
	_, code, found := strings.Cut(body, "\n@piedpiper.com #")
	if !found || !strings.Contains(body, "Pied Piper") {
		t.Fatalf("%q does not end with the line for piedpiper.com, or does not name the application", body)
	}
	wantSuccess(t, h, passwordless.LoginRequest{
		ApplicationID: logintest.ApplicationID,
		Code:          secret.New(begun.Code.Reveal()), OneTimeCode: secret.New(code),
	})
}

// LIM-11: the list of countries.
func TestHTTPNoSMSAbroad(t *testing.T) {
	t.Parallel()
	const abroad = "+441212345678"
	g := &smsGateway{}
	failures := make(chan error, 1)
	h, o := posted(t, g.open(t), func(err error) { failures <- err })
	u := h.User()
	u.PhoneNumber = abroad
	for i := range u.Identities {
		if u.Identities[i].Type == identity.PhoneNumber {
			u.Identities[i].Value = abroad
		}
	}
	h.Put(u)
	texted(t, h, abroad)
	drainOutbox(t, o)
	var field *messenger.FieldError
	select {
	case err := <-failures:
		if !errors.As(err, &field) || field.Field != "To" {
			t.Errorf("got %v, want a refusal of To", err)
		}
	default:
		t.Error("the message was not given up")
	}
	if forms, _ := g.asked(); len(forms) != 0 {
		t.Error("the gateway was asked")
	}
}
