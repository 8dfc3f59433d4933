package secret_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/secret"
)

func TestNewKeyringRefuses(t *testing.T) {
	t.Parallel()
	good := counted("2026-01", 0)
	for _, c := range []struct {
		name    string
		current secret.Key
		older   []secret.Key
		field   string
	}{
		{"the zero key", secret.Key{}, nil, "current.ID"},
		{"no id", secret.Key{Secret: good.Secret}, nil, "current.ID"},
		{"a long id", counted(strings.Repeat("x", 33), 0), nil, "current.ID"},
		{"a colon in the id", counted("2026:01", 0), nil, "current.ID"},
		{"an id beyond ASCII", counted("clé", 0), nil, "current.ID"},
		{"no secret", secret.Key{ID: "2026-01"}, nil, "current.Secret"},
		{"31 bytes", secret.Key{ID: "2026-01", Secret: secret.New(good.Secret.Reveal()[1:])}, nil, "current.Secret"},
		{"all zero", secret.Key{ID: "2026-01", Secret: secret.New(strings.Repeat("\x00", 32))}, nil, "current.Secret"},
		{"one byte repeated", secret.Key{ID: "2026-01", Secret: secret.New(strings.Repeat("k", 64))}, nil, "current.Secret"},
		{"a bad older key", good, []secret.Key{counted("2025-12", 50), {}}, "older[1].ID"},
		{"the id twice", good, []secret.Key{counted("2026-01", 50)}, "older[0].ID"},
		{"the secret twice", good, []secret.Key{counted("2025-12", 0)}, "older[0].Secret"},
	} {
		ring, err := secret.NewKeyring(c.current, c.older...)
		fe, ok := errors.AsType[*secret.FieldError](err)
		if !ok || fe.Field != c.field || ring != nil {
			t.Errorf("%s: got %v, want an error that names %s", c.name, err, c.field)
		}
	}
	for _, id := range []string{"x", strings.Repeat("x", 32), "aZ09-_"} {
		if _, err := secret.NewKeyring(counted(id, 0), counted("older", 50)); err != nil {
			t.Errorf("id %q: %v", id, err)
		}
	}
}

func TestKeyTravelsByRevealAlone(t *testing.T) {
	t.Parallel()
	const written = "2026-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	if got := counted("2026-01", 0).Reveal(); got != written {
		t.Errorf("Reveal = %s, want %s", got, written)
	}
	for _, in := range []string{written, " " + written + "\n"} {
		key, err := secret.ParseKey(in)
		if err != nil || key.ID != "2026-01" || !key.Secret.Equal(counted("", 0).Secret) {
			t.Errorf("ParseKey(%q) = %v, %v", in, key, err)
		}
	}
	generated := secret.GenerateKey("2026-01")
	back, err := secret.ParseKey(generated.Reveal())
	if err != nil || !back.Secret.Equal(generated.Secret) {
		t.Errorf("a generated key comes back as %v, %v", back, err)
	}
	if len(generated.Secret.Reveal()) != 32 || generated.Secret.Equal(secret.GenerateKey("2026-01").Secret) {
		t.Error("GenerateKey does not make 32 new bytes")
	}
	if got := fmt.Sprintf("%+v", generated); got != "{ID:2026-01 Secret:[redacted]}" {
		t.Errorf("a key prints as %s", got)
	}
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	const encoded = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	for in, field := range map[string]string{
		"":                         "key",
		encoded:                    "key",
		"2026-01":                  "key",
		"2026-01:" + encoded + "=": "key", // padded
		"2026-01:" + strings.Replace(encoded, "h8", "h9", 1): "key", // unused bits set
		"2026-01:" + encoded[:10] + "\n" + encoded[10:]:      "key",
		"2026-01:" + strings.Repeat("+/", 22):                "key", // the other alphabet
		"2026-01: " + encoded:                                "key",
		"2026-01:":                                           "key.Secret",
		"2026-01:AAEC":                                       "key.Secret",
		"2026-01:" + strings.Repeat("A", 43):                 "key.Secret",
		":" + encoded:                                        "key.ID",
		"20 26:" + encoded:                                   "key.ID",
		strings.Repeat("x", 33) + ":" + encoded:              "key.ID",
	} {
		key, err := secret.ParseKey(in)
		fe, ok := errors.AsType[*secret.FieldError](err)
		if !ok || fe.Field != field || key.ID != "" || !key.Secret.IsZero() {
			t.Errorf("ParseKey(%q) = %v, %v, want an error that names %s", in, key, err, field)
		}
		if err != nil && strings.Contains(err.Error(), "AAEC") {
			t.Errorf("ParseKey(%q) shows the key: %v", in, err)
		}
	}
}

func TestKeyringShowsNoKey(t *testing.T) {
	t.Parallel()
	key := secret.Key{ID: "2026-01", Secret: secret.New(strings.Repeat(canary, 3))}
	ring := newRing(t, key)
	ring.Seal("code", []byte("000123"))
	ring.MAC("budget", user)
	service := struct{ keys *secret.Keyring }{ring}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		for _, value := range []any{key, &key, ring, service, &service} {
			if out := fmt.Sprintf(format, value); shows(out) {
				t.Errorf("%s of %T shows the key: %s", format, value, out)
			}
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("2026-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
	f.Add("2026-01:")
	f.Add("::")
	f.Add(" x:AAEC\n")
	f.Fuzz(func(t *testing.T, s string) {
		key, err := secret.ParseKey(s)
		if err != nil {
			if _, ok := errors.AsType[*secret.FieldError](err); !ok || !key.Secret.IsZero() {
				t.Errorf("got %v, %v", key, err)
			}
			return
		}
		if key.Reveal() != strings.TrimSpace(s) {
			t.Errorf("%q reads as %q: one key has two spellings", s, key.Reveal())
		}
		if _, err := secret.NewKeyring(key); err != nil {
			t.Errorf("%q is parsed and then refused: %v", s, err)
		}
	})
}
