package sqloutbox

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func outbox(t *testing.T) *Outbox {
	t.Helper()
	keys, err := secret.NewKeyring(secret.GenerateKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	return &Outbox{config: Config{Keys: keys}.withDefaults()}
}

func full() messenger.Message {
	return messenger.Message{
		ID: "1", Purpose: messenger.PasswordlessLogin, Channel: messenger.Email, To: secret.New("jared@piedpiper.com"),
		Tenant:      messenger.Ref{ID: "f24aca2b-ce4a-4dad-951a-c9d690e71415", Name: "Pied Piper"},
		Application: messenger.Ref{ID: "10000000-0000-0002-0000-000000000001", Name: "Pied Piper"},
		User:        &identity.User{ID: "00000000-0000-0001-0000-000000000000", FirstName: "John", LastName: "Doe", Username: "johnny123"},
		Locales:     []string{"en", "fr"}, Code: secret.New("123456"), Link: secret.New("https://www.piedpiper.com/login?code=c"),
		State:    identity.Object(`{ "redirect_uri": "https://www.piedpiper.com/<home>" }`),
		Lifetime: 3 * time.Minute, Expires: time.Date(2026, 11, 23, 9, 3, 0, 0, time.UTC),
	}
}

// What is opened is what was sealed, in every field that a message has.
func TestLetterIsWhole(t *testing.T) {
	t.Parallel()
	o, m := outbox(t), full()
	m.Decoy = true
	for field := range reflect.TypeFor[messenger.Message]().Fields() {
		if reflect.ValueOf(m).FieldByIndex(field.Index).IsZero() {
			t.Fatalf("the message of this test has no %s", field.Name)
		}
	}
	sealed, err := o.seal(m)
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.open(m.ID, sealed)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range [][2]secret.Text{{got.To, m.To}, {got.Code, m.Code}, {got.Link, m.Link}} {
		if !s[0].Equal(s[1]) {
			t.Error("an address, code or link is not what it was")
		}
	}
	got.To, got.Code, got.Link = m.To, m.Code, m.Link
	if !reflect.DeepEqual(got, m) {
		t.Errorf("got %#v", got)
	}
}

// SEC-09
// A row tells nothing of what the message says, nor whether it is for anybody.
func TestLetterIsSealed(t *testing.T) {
	t.Parallel()
	o, m := outbox(t), full()
	sealed, err := o.seal(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, clear := range []string{"jared", "123456", "piedpiper", "John", "johnny", "login", "2026"} {
		if bytes.Contains(bytes.ToLower(sealed), []byte(strings.ToLower(clear))) {
			t.Errorf("the row shows %q", clear)
		}
	}
	decoy, err := o.seal(messenger.Message{ID: "2", Purpose: m.Purpose, Channel: m.Channel, Decoy: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(decoy) != len(sealed) {
		t.Errorf("a decoy has %d bytes, and a message %d", len(decoy), len(sealed))
	}
}

func TestLetterOfAnotherRow(t *testing.T) {
	t.Parallel()
	o := outbox(t)
	sealed, err := o.seal(full())
	if err != nil {
		t.Fatal(err)
	}
	if m, err := o.open("2", sealed); !errors.Is(err, secret.ErrDamaged) || m.ID != "2" || !m.To.IsZero() {
		t.Errorf("a message moved to another row: %v, want ErrDamaged", err)
	}
	if _, err := outbox(t).open("1", sealed); !errors.Is(err, secret.ErrDamaged) {
		t.Errorf("a message sealed with another key: %v, want ErrDamaged", err)
	}
}

func TestBackoffDoublesUpToTheLongest(t *testing.T) {
	t.Parallel()
	o := outbox(t)
	o.config.Backoff, o.config.MaxBackoff = 8*time.Second, 20*time.Second
	for range 100 {
		for n, most := range map[int]time.Duration{1: 8 * time.Second, 2: 16 * time.Second, 3: 20 * time.Second, 1000: 20 * time.Second} {
			if wait := o.backoff(n); wait > most || wait < most/2 {
				t.Fatalf("the wait after %d attempts is %s, want %s to %s", n, wait, most/2, most)
			}
		}
	}
}
