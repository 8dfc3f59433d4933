package messenger_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

// LOG-01
func TestMessageShowsNoSecretAndNoAddress(t *testing.T) {
	t.Parallel()
	m := login()
	m.Link = secret.New(link)
	m.State = identity.Object(`{"theme":"canary-state"}`)
	m.User.Data = identity.Object(`{"note":"canary-data"}`)
	content := render(t, newTemplates(t, messenger.TemplateConfig{}), m)

	var shown bytes.Buffer
	for _, value := range []any{m, &m, []messenger.Message{m}, map[string]any{"m": m}, struct{ M messenger.Message }{m}, content, &content} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
			fmt.Fprintf(&shown, verb+"\n", value)
		}
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatalf("json: %v", err)
		}
		shown.Write(data)
		slog.New(slog.NewTextHandler(&shown, nil)).Info("sent", "value", value)
		slog.New(slog.NewJSONHandler(&shown, nil)).Info("sent", "value", value)
	}
	for _, value := range []any{m, content} {
		if err := gob.NewEncoder(&shown).Encode(value); err != nil {
			t.Fatalf("gob: %v", err)
		}
		if err := xml.NewEncoder(&shown).Encode(value); err != nil {
			t.Fatalf("xml: %v", err)
		}
	}
	for _, canary := range []string{address, "jared", code, "fr3RGqQsaZ6", "example@fusionauth.io", "John", "canary"} {
		if strings.Contains(shown.String(), canary) {
			t.Errorf("%q is shown", canary)
		}
	}
	if !strings.Contains(shown.String(), m.ID) {
		t.Error("the id, which is no secret, is not shown")
	}
}

// Where fmt calls no methods the user would show; the address, code and link,
// behind pointers, do not.
//
// LOG-01
func TestMessageInAnUnexportedFieldShowsNoSecret(t *testing.T) {
	t.Parallel()
	m := login()
	m.Link = secret.New(link)
	holder := struct{ m messenger.Message }{m}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		shown := fmt.Sprintf(verb, holder)
		for _, canary := range []string{address, code, "fr3RGqQsaZ6", "example@fusionauth.io", "John"} {
			if strings.Contains(shown, canary) {
				t.Errorf("%s shows %q", verb, canary)
			}
		}
	}
}

// LOG-01
func TestErrorsShowNoSecretAndNoAddress(t *testing.T) {
	t.Parallel()
	templates := newTemplates(t, messenger.TemplateConfig{Domain: "piedpiper.com"})
	var shown strings.Builder
	for _, change := range []func(*messenger.Message){
		func(m *messenger.Message) { m.To = secret.New("jared canary@piedpiper.com") },
		func(m *messenger.Message) { m.Code = secret.New("canary\n") },
		func(m *messenger.Message) { m.Link = secret.New("https://canary\n") },
		func(m *messenger.Message) { m.State = identity.Object(`canary`) },
		func(m *messenger.Message) { m.Application.Name = "canary\n" },
		func(m *messenger.Message) {
			m.Channel, m.To, m.Code = messenger.SMS, secret.New(number), secret.New("can ary")
		},
	} {
		m := login()
		change(&m)
		_, err := templates.Render(m)
		if err == nil {
			t.Error("accepted")
		}
		fmt.Fprintf(&shown, "%v %+v %#v\n", err, err, err)
	}
	if s := shown.String(); strings.Contains(s, "canary") || strings.Contains(s, "can ary") || strings.Contains(s, number) {
		t.Errorf("an error shows what it refuses:\n%s", s)
	}
}
