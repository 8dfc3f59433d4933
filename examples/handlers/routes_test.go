package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/messenger"
)

// service is the handlers, and the mail that they send.
type service struct {
	http.Handler
	inbox *messenger.Inbox
}

func open(t *testing.T) service {
	t.Helper()
	inbox := &messenger.Inbox{}
	login, err := newLogin(inbox)
	if err != nil {
		t.Fatal(err)
	}
	return service{routes(login), inbox}
}

func (s service) post(path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// begin begins a login and returns the form that completes it.
func (s service) begin(t *testing.T, email string) url.Values {
	t.Helper()
	w := s.post("/login/begin", url.Values{"email": {email}})
	var begun struct{ Code string }
	if err := json.Unmarshal(w.Body.Bytes(), &begun); err != nil || w.Code != http.StatusOK || begun.Code == "" {
		t.Fatalf("begin: %d, %v", w.Code, err)
	}
	return url.Values{"code": {begun.Code}, "oneTimeCode": {s.inbox.LastCode(email)}}
}

const email = "jared@piedpiper.com"

func TestLogin(t *testing.T) {
	t.Parallel()
	s := open(t)
	form := s.begin(t, email)
	w := s.post("/login/complete", form)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"fullName":"John Doe"`) {
		t.Fatalf("complete: %d %s", w.Code, w.Body)
	}
	if w := s.post("/login/complete", form); w.Code != http.StatusNotFound || w.Body.Len() > 0 {
		t.Errorf("complete again: %d with %d bytes, want 404 with none", w.Code, w.Body.Len())
	}
}

func TestAWrongCodeAndNobodyGetOneAnswer(t *testing.T) {
	t.Parallel()
	s := open(t)
	known := s.begin(t, email)
	known.Set("oneTimeCode", "wrong")
	unknown := s.begin(t, "example@fusionauth.io")
	unknown.Set("oneTimeCode", "wrong")
	for _, form := range []url.Values{known, unknown, {"code": {"unknown"}, "oneTimeCode": {"wrong"}}} {
		if w := s.post("/login/complete", form); w.Code != http.StatusNotFound || w.Body.Len() > 0 {
			t.Errorf("%d with %d bytes, want 404 with none", w.Code, w.Body.Len())
		}
	}
	if n := len(s.inbox.Messages()); n != 1 {
		t.Errorf("%d messages, want the one to somebody who exists", n)
	}
}

func TestErrorsSayWhatABrowserMayKnow(t *testing.T) {
	t.Parallel()
	s := open(t)
	w := s.post("/login/begin", nil)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "loginId") {
		t.Errorf("begin without an address: %d %s", w.Code, w.Body)
	}
	s.begin(t, email)
	for w = s.post("/login/begin", url.Values{"email": {email}}); w.Code == http.StatusOK; {
		w = s.post("/login/begin", url.Values{"email": {email}})
	}
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("begin too often: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
}

func TestGETCompletesNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	form := s.begin(t, email)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(method, "/login/complete?"+form.Encode(), nil))
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d, want 405", method, w.Code)
		}
	}
	if w := s.post("/login/complete", form); w.Code != http.StatusOK {
		t.Errorf("complete by POST after that: %d, want 200", w.Code)
	}
}

func TestAnotherSiteCannotBegin(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/login/begin", strings.NewReader("email="+email))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	open(t).ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("%d, want 403", w.Code)
	}
}
