package passwordless_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
)

// LOG-01: no secret, address, number, password or state is in anything that is
// returned or told, whichever way it is logged.
func TestNothingSecretIsLogged(t *testing.T) {
	t.Parallel()
	for name, change := range logintest.Outcomes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatch(t)
			u := w.User()
			change(w.House, &u)
			w.Put(u)
			w.login(identity.FormField)
			w.login(identity.ClickableLink)
			w.verification()
			w.invalid()
			w.clean()
		})
	}
}

// LOG-01: nor in what is told of a failure, whatever it failed with.
func TestNothingSecretIsLoggedOfFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatch(t)
		w.Config.Messenger = sender(func(_ context.Context, m messenger.Message) error {
			w.hide("message", m.Code, m.Link)
			w.see(m)
			panic(m.To.Reveal() + m.Code.Reveal() + m.Link.Reveal())
		})
		w.Config.Veto = func(_ context.Context, a passwordless.Attempt) error { panic(a.User.Email) }
		for _, strategy := range []identity.LoginStrategy{identity.FormField, identity.ClickableLink} {
			begun, err := w.Login().Begin(t.Context(), withState(strategy))
			w.hide("begin", begun.Code.Text)
			w.see(begun, err)
		}
		started, err := w.Login().Start(t.Context(), withState(identity.ClickableLink))
		w.hide("start", started.Code.Text)
		w.see(started, err)
		result, err := w.Login().Complete(t.Context(), passwordless.LoginRequest{Code: started.Code.Text})
		w.see(result, err)
		if err := w.Login().Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.clean()
	})
}

// LOG-02: each way for a login to go tells one event of how it went, which a
// structured log writes as one line whatever the client said of itself.
func TestEveryAttemptIsTold(t *testing.T) {
	t.Parallel()
	h := open(t)
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	told := map[passwordless.EventType]int{}
	h.Config.Events = func(_ context.Context, e passwordless.Event) {
		told[e.Type]++
		logger.Info("login", "event", e)
	}
	hostile := "x\"}\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\r\n\x1b[2J"
	r := h.Form()
	r.EventInfo = passwordless.EventInfo{UserAgent: hostile, DeviceName: hostile, OS: hostile}
	wrong := r
	wrong.OneTimeCode = secret.New(hostile)
	h.Refused(wrong)
	h.Complete(r)
	h.Refused(r)
	for _, want := range []struct {
		event passwordless.EventType
		n     int
	}{
		{passwordless.LoginStarted, 1}, {passwordless.MessageSent, 1}, {passwordless.LoginFailed, 2}, {passwordless.LoginSucceeded, 1},
	} {
		if told[want.event] != want.n {
			t.Errorf("%s was told %d times, want %d", want.event, told[want.event], want.n)
		}
	}
	lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines, want 5", len(lines))
	}
	for _, line := range lines {
		var entry struct{ Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Msg != "login" {
			t.Errorf("a line is not an entry of its own: %v", err)
		}
	}
}

// texts gathers every string and every run of bytes in a value.
func texts(v reflect.Value, into *strings.Builder) {
	switch v.Kind() {
	case reflect.String:
		into.WriteString(v.String() + "\n")
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			texts(v.Elem(), into)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			texts(v.Field(i), into)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			texts(k, into)
			texts(v.MapIndex(k), into)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if e := v.Index(i); e.Kind() == reflect.Uint8 {
				into.WriteByte(byte(e.Uint()))
			} else {
				texts(e, into)
			}
		}
		into.WriteString("\n")
	}
}

// SEC-09: nothing that the store is handed is or holds a code, a handle, a link
// or a token.
func TestStoreHoldsNoSecret(t *testing.T) {
	t.Parallel()
	var handed strings.Builder
	m := memstore.New()
	w := newWatch(t)
	w.Config.Store = logintest.Tap(store.Of(m), func(c logintest.Call) error {
		texts(reflect.ValueOf(c.Args), &handed)
		return c.Do()
	})
	if err := m.Put(w.User()); err != nil {
		t.Fatal(err)
	}
	w.login(identity.FormField)
	w.login(identity.ClickableLink)
	w.verification()
	u := w.User()
	u.PasswordChangeRequired = true
	if err := m.Put(u); err != nil {
		t.Fatal(err)
	}
	w.login(identity.ClickableLink)
	if !strings.Contains(handed.String(), logintest.UserID) {
		t.Fatal("nothing was handed to the store")
	}
	kept := map[string]bool{"address": true, "phone": true, "state": true}
	for what, canary := range w.canaries {
		if !kept[what] && strings.Contains(handed.String(), canary) {
			t.Errorf("%s was handed to the store", what)
		}
	}
	if len(w.canaries) < 12 {
		t.Errorf("only %d secrets were looked for", len(w.canaries))
	}
}
