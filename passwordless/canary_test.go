package passwordless_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
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

const (
	canaryState    = "canary-of-state"
	canaryPassword = "canary-of-password"
)

// watch is a house that logs all it sees, in every way, and knows what must not
// be in the log.
type watch struct {
	*logintest.House
	mu       sync.Mutex
	log      bytes.Buffer
	gobs     bytes.Buffer
	handlers []*slog.Logger
	canaries map[string]string // by what they are
}

func newWatch(t *testing.T) *watch {
	key := secret.GenerateKey("canary")
	ring, err := secret.NewKeyring(key)
	if err != nil {
		t.Fatal(err)
	}
	w := &watch{House: open(t), canaries: map[string]string{
		"address": logintest.Email, "phone": logintest.Phone, "state": canaryState, "password": canaryPassword,
		"key": key.Reveal()[len("canary:"):], "raw key": key.Secret.Reveal(),
	}}
	w.Config.Keys = ring
	options := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	w.handlers = []*slog.Logger{slog.New(slog.NewJSONHandler(&w.log, options)), slog.New(slog.NewTextHandler(&w.log, options))}
	w.Tenant.ExternalIdentifierConfiguration.PasswordlessLoginOneTimeCodeGenerator = longCode
	w.Tenant.ExternalIdentifierConfiguration.EmailVerificationOneTimeCodeGenerator = longCode
	w.Config.Limits = logintest.Unlimited()
	w.Config.Events = func(_ context.Context, e passwordless.Event) { w.see(e, e.Err) }
	w.Config.Veto = func(_ context.Context, a passwordless.Attempt) error {
		w.see(a)
		return nil
	}
	w.Config.Threats = func(_ context.Context, a passwordless.Attempt) []identity.AuthenticationThreat {
		w.see(a)
		return nil
	}
	w.Config.SetPassword = func(_ context.Context, p passwordless.PasswordChange) error {
		w.see(p)
		return nil
	}
	w.see(key, ring, w.Keys, w.Config)
	return w
}

// longCode makes short codes that are in no log by chance.
var longCode = secret.Generator{Kind: secret.RandomAlphaNumeric, Length: 12}

// see logs values as people log them.
func (w *watch) see(values ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, v := range values {
		if r := reflect.ValueOf(v); !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil() {
			continue
		}
		for _, l := range w.handlers {
			l.Debug("seen", "value", v, slog.Group("in", "value", v))
		}
		fmt.Fprintf(&w.log, "%v %+v\n", v, v)
		if err, ok := v.(error); ok {
			fmt.Fprintln(&w.log, err.Error())
		}
		w.gobs.WriteString(gobOf(v))
	}
}

// gobOf is what a gob of v holds; nothing, where it cannot be made.
func gobOf(v any) string {
	var b bytes.Buffer
	if gob.NewEncoder(&b).Encode(v) != nil {
		return ""
	}
	return b.String()
}

// hide notes what must not be seen.
func (w *watch) hide(what string, secrets ...secret.Text) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, s := range secrets {
		if !s.IsZero() {
			w.canaries[fmt.Sprintf("%s %d of %d", what, i, len(w.canaries))] = s.Reveal()
		}
	}
}

// clean checks that none of it is in the log, or as numbers, as fmt prints bytes;
// nor in a gob, which carries a user's address and the caller's state as JSON
// does, and nothing else of it.
func (w *watch) clean() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.log.Len() < 1000 || w.gobs.Len() < 1000 {
		w.T.Fatal("nothing was logged")
	}
	carried := map[string]bool{"address": true, "phone": true, "state": true}
	for what, canary := range w.canaries {
		forms := []string{canary, base64.StdEncoding.EncodeToString([]byte(canary))}
		if what != "state" {
			forms = append(forms, strings.Trim(fmt.Sprint([]byte(canary)), "[]"))
		}
		for _, form := range forms {
			form = strings.TrimRight(form, "=")
			if i := strings.Index(w.log.String(), form); i >= 0 {
				w.T.Errorf("%s is in the log: …%s", what, strings.ReplaceAll(w.log.String()[max(0, i-200):i], "\n", "⏎"))
			}
			if !carried[what] && strings.Contains(w.gobs.String(), form) {
				w.T.Errorf("%s is in a gob", what)
			}
		}
	}
}

// withState is a login of the sample user, with state.
func withState(strategy identity.LoginStrategy) passwordless.StartRequest {
	r := logintest.Request(strategy)
	r.State = identity.Object(`{"state":"` + canaryState + `"}`)
	return r
}

// login is a whole login, each value of which is seen.
func (w *watch) login(strategy identity.LoginStrategy) {
	ctx, l := w.T.Context(), w.Login()
	r := withState(strategy)
	r.DiscloseCode = true
	started, err := l.Start(ctx, r)
	w.hide("start", started.Code.Text, started.OneTimeCode.Text)
	w.see(started, &started, err)
	begun, err := l.Begin(ctx, r)
	w.hide("begin", begun.Code.Text)
	w.see(begun, &begun, err)
	w.see(l.Send(ctx, passwordless.SendRequest{Code: started.Code.Text}))
	for _, m := range w.Inbox.Messages() {
		w.hide("message", m.Code, m.Link)
		w.see(m, &m)
	}
	peeked, err := l.Peek(ctx, started.Code.Text)
	w.see(peeked, err)
	complete := passwordless.LoginRequest{
		ApplicationID: logintest.ApplicationID, Code: started.Code.Text, OneTimeCode: secret.New("none"),
	}
	if strategy == identity.FormField {
		result, err := l.Complete(ctx, complete)
		w.see(complete, result, err)
		complete.OneTimeCode = secret.New(w.Inbox.LastCode(logintest.Email))
	}
	for range 2 { // the second is refused
		result, err := l.Complete(ctx, complete)
		w.see(complete, err)
		if result != nil {
			w.seeResult(*result)
		}
	}
}

func (w *watch) seeResult(result passwordless.Result) {
	r := result.Response
	w.hide("result", r.Token.Text, r.RefreshToken.Text, r.ChangePasswordID.Text, r.TwoFactorID.Text,
		r.IdentityVerificationID.Text, r.RegistrationVerificationID.Text)
	w.see(result, &result, r, &r)
	if id := r.ChangePasswordID.Text; !id.IsZero() {
		request := passwordless.ChangePasswordRequest{ChangePasswordID: id, Password: secret.New(canaryPassword)}
		response, err := w.Login().ChangePassword(w.T.Context(), request)
		w.hide("password", response.OneTimePassword.Text)
		w.see(request, response, &response, err)
		request.Password = secret.New("canary")
		_, err = w.Login().ChangePassword(w.T.Context(), request)
		w.see(err)
	}
}

// verification is a whole verification.
func (w *watch) verification() {
	ctx, l := w.T.Context(), w.Login()
	r := passwordless.StartVerificationRequest{
		ApplicationID: logintest.ApplicationID, LoginID: logintest.Email, LoginIDType: identity.Email,
		VerificationStrategy: identity.FormField, State: withState("").State, DiscloseCode: true,
	}
	v, err := l.StartVerifyIdentity(ctx, r)
	w.hide("verification", v.VerificationID.Text, v.OneTimeCode.Text)
	w.see(v, &v, err, l.SendVerifyIdentity(ctx, v.VerificationID.Text, ""))
	for _, code := range []string{"none", w.Inbox.LastCode(logintest.Email), "none"} {
		request := passwordless.CompleteVerificationRequest{VerificationID: v.VerificationID.Text, OneTimeCode: secret.New(code)}
		verified, err := l.VerifyIdentity(ctx, request)
		w.hide("verification", secret.New(strings.TrimPrefix(code, "none")))
		w.see(request, verified, &verified, err)
	}
}

// invalid is a request of each kind that is refused for its form.
func (w *watch) invalid() {
	ctx, l := w.T.Context(), w.Login()
	long := identity.Object(`{"state":"` + canaryState + strings.Repeat("x", 9<<10) + `"}`)
	for _, r := range []passwordless.StartRequest{
		{LoginID: logintest.Email},
		{ApplicationID: logintest.Email, LoginID: logintest.Email},
		{ApplicationID: logintest.ApplicationID, LoginID: logintest.Email, State: long},
		{ApplicationID: logintest.ApplicationID, LoginID: logintest.Email, State: identity.Object(canaryState)},
		{ApplicationID: logintest.ApplicationID, LoginID: logintest.Email, LoginStrategy: logintest.Email},
		{ApplicationID: logintest.ApplicationID, LoginID: logintest.Email, LoginIDTypes: []identity.IdentityType{logintest.Email}},
		{ApplicationID: logintest.ApplicationID, LoginID: logintest.Email, TenantID: logintest.Email},
	} {
		_, err := l.Start(ctx, r)
		if err == nil {
			w.T.Errorf("%+v is accepted", r.State)
		}
		_, errBegin := l.Begin(ctx, r)
		w.see(err, errBegin)
	}
	_, err := l.Complete(ctx, passwordless.LoginRequest{Code: secret.New(canaryState), IPAddress: logintest.Email})
	w.see(err)
	_, err = l.Complete(ctx, passwordless.LoginRequest{Code: secret.New(canaryState), ApplicationID: logintest.Email})
	w.see(err)
}

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
