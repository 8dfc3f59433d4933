package passwordless_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/gob"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
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
	peeked, err := l.Peek(ctx, passwordless.PeekRequest{Code: started.Code.Text})
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
