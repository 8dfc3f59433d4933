package walk_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

var (
	handles = secret.Generator{Kind: secret.RandomBytes, Length: 32}
	digits  = secret.Generator{Kind: secret.RandomDigits, Length: 6}
	email   = identity.Identifier{Type: identity.Email, Value: "jared@piedpiper.com"}
)

// facts has a value in every field.
var facts = walk.Facts{
	Application: "10000000-0000-0002-0000-000000000001", Identity: email, To: email, Form: true, Disclosed: true,
	Started: 1659380719000, Proven: true, SecondFactor: true, Epoch: 3, Methods: []string{"otp", "sms"}, State: identity.Object(`{"state":"CSRF123"}`),
	Method: "V7SH", Bound: []byte("bound"), Browser: walk.Browser("walk", secret.New("browser")), OtherBrowser: true,
	Origin: walk.Origin{IPAddress: "192.0.2.7", Device: "Jared's phone", UserAgent: "Mozilla/5.0", Location: "Palo Alto"},
}

func ring(t *testing.T, current secret.Key, older ...secret.Key) *secret.Keyring {
	t.Helper()
	r, err := secret.NewKeyring(current, older...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func desk(t *testing.T) walk.Desk { return walk.Desk{Keys: ring(t, secret.GenerateKey("test"))} }

// made is a login ticket with a short code.
func made(t *testing.T, d walk.Desk) (tk store.Ticket, handle, code secret.Text) {
	t.Helper()
	tk, handle, code, err := d.Make(walk.Draft{
		Ticket: store.Ticket{Purpose: walk.Login, Walk: walk.NewWalk(), Tenant: "f24aca2b-ce4a-4dad-951a-c9d690e71415", Expires: time.UnixMilli(1659380719000)},
		Facts:  facts, Handle: handles, Code: digits,
	})
	if err != nil {
		t.Fatal(err)
	}
	return tk, handle, code
}

func read(t *testing.T, d walk.Desk, tk store.Ticket) walk.Ticket {
	t.Helper()
	r, err := d.Read(tk, tk.Purpose)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMakeAndRead(t *testing.T) {
	t.Parallel()
	d := desk(t)
	tk, handle, code := made(t, d)
	if tk.ID != walk.ID(walk.Login, handle) || tk.Purpose != walk.Login {
		t.Error("the ticket is not kept under its purpose and handle")
	}
	r := read(t, d, tk)
	if !reflect.DeepEqual(r.Facts, facts) || !reflect.DeepEqual(r.Ticket, tk) {
		t.Errorf("read as\n%+v\nwant\n%+v", r.Facts, facts)
	}
	if right, err := d.Matches(r, code); err != nil || !right {
		t.Errorf("its code matches: %v, %v", right, err)
	}
}

// SEC-08: a ticket for one step is none for another, and one handle is two ids.
func TestPurposes(t *testing.T) {
	t.Parallel()
	d := desk(t)
	tk, handle, _ := made(t, d)
	purposes := []string{walk.Login, walk.TwoFactor, walk.ChangePassword, walk.VerifyIdentity, walk.VerifyRegistration}
	ids, budgets := map[store.Hash]string{}, map[store.Hash]string{}
	for _, p := range purposes {
		if _, err := d.Read(tk, p); (p == walk.Login) != (err == nil) || err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("read for %s: %v", p, err)
		}
		ids[walk.ID(p, handle)] = p
		budgets[walk.Budget(p, "tenant", "user", email)] = p
	}
	if len(ids) != len(purposes) || len(budgets) != len(purposes) {
		t.Errorf("%d ids and %d budgets for %d purposes", len(ids), len(budgets), len(purposes))
	}
}

// SEC-12: nothing but the code matches, and a ticket without one matches nothing.
func TestMatches(t *testing.T) {
	t.Parallel()
	d := desk(t)
	tk, handle, code := made(t, d)
	r := read(t, d, tk)
	right := code.Reveal()
	for _, typed := range []string{"", right[:5], right + "0", " " + right, right + "\n", right + "\x00", handle.Reveal(), string(tk.Code)} {
		if ok, err := d.Matches(r, secret.New(typed)); ok || err != nil {
			t.Errorf("%d bytes that are not the code: %v, %v", len(typed), ok, err)
		}
	}
	r.Code = nil
	for _, typed := range []secret.Text{{}, code, handle} {
		if ok, err := d.Matches(r, typed); ok || err != nil {
			t.Errorf("a ticket without a code: %v, %v", ok, err)
		}
	}
}

// SEC-09: a code that was moved to another ticket, or to another purpose, opens nothing.
func TestCodesThatMoved(t *testing.T) {
	t.Parallel()
	d := desk(t)
	one, _, code := made(t, d)
	two, _, _ := made(t, d)
	swapped := read(t, d, two)
	swapped.Code = one.Code
	elsewhere := read(t, d, one)
	elsewhere.Purpose = walk.VerifyIdentity
	damaged := read(t, d, one)
	damaged.Code = append([]byte(nil), one.Code...)
	damaged.Code[len(damaged.Code)-1] ^= 1
	for name, moved := range map[string]walk.Ticket{"another ticket's": swapped, "another purpose's": elsewhere, "damaged": damaged} {
		if ok, err := d.Matches(moved, code); ok || !errors.Is(err, secret.ErrDamaged) {
			t.Errorf("%s code: %v, %v, want an error", name, ok, err)
		}
	}
	if ok, err := d.Matches(read(t, d, one), code); !ok || err != nil {
		t.Errorf("its own code: %v, %v", ok, err)
	}
}

// SEC-09: a new key leaves live codes working until the old one is dropped.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	before, after := secret.GenerateKey("before"), secret.GenerateKey("after")
	old := walk.Desk{Keys: ring(t, before)}
	tk, _, code := made(t, old)
	rotated := walk.Desk{Keys: ring(t, after, before)}
	if ok, err := rotated.Matches(read(t, rotated, tk), code); !ok || err != nil {
		t.Errorf("while the old key is there: %v, %v", ok, err)
	}
	fresh := read(t, rotated, tk)
	fresh.Code, code = rotated.Recode(fresh, digits)
	if _, err := old.Matches(fresh, code); !errors.Is(err, secret.ErrUnknownKey) {
		t.Errorf("a new code by the old key alone: %v, want ErrUnknownKey", err)
	}
	dropped := walk.Desk{Keys: ring(t, after)}
	if ok, err := dropped.Matches(read(t, dropped, tk), code); ok || !errors.Is(err, secret.ErrUnknownKey) {
		t.Errorf("once it is dropped: %v, %v, want ErrUnknownKey", ok, err)
	}
}

// SEC-13: another code takes the first one's place.
func TestRecode(t *testing.T) {
	t.Parallel()
	d := desk(t)
	tk, _, first := made(t, d)
	r := read(t, d, tk)
	long := secret.Generator{Kind: secret.RandomAlphaNumeric, Length: 12}
	var second secret.Text
	r.Code, second = d.Recode(r, long)
	if ok, _ := d.Matches(r, first); ok {
		t.Error("the first code still matches")
	}
	if ok, err := d.Matches(r, second); !ok || err != nil {
		t.Errorf("the second code: %v, %v", ok, err)
	}
}

// A ticket whose handle is the proof has no code.
func TestMakeWithoutCode(t *testing.T) {
	t.Parallel()
	tk, handle, code, err := desk(t).Make(walk.Draft{Ticket: store.Ticket{Purpose: walk.Login}, Handle: handles})
	if err != nil || tk.Code != nil || !code.IsZero() || len(handle.Reveal()) != 43 {
		t.Errorf("%v, sealed %v, a code %v, a handle of %d", err, tk.Code, !code.IsZero(), len(handle.Reveal()))
	}
}

func TestReadWhatIsNoData(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"", "null x", "[]", `{"a":1}`, `{"s":[]}`} {
		_, err := desk(t).Read(store.Ticket{Purpose: walk.Login, Data: []byte(data)}, walk.Login)
		if err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("data %q: %v, want a failure", data, err)
		}
	}
}

// State that is no JSON cannot be kept.
func TestMakeOfBrokenState(t *testing.T) {
	t.Parallel()
	_, _, _, err := desk(t).Make(walk.Draft{Ticket: store.Ticket{Purpose: walk.Login}, Facts: walk.Facts{State: identity.Object("{")}, Handle: handles})
	if err == nil {
		t.Error("Make takes half an object")
	}
}

// LIM-08: a budget is one user's in one tenant or, while there is none, one identity's.
func TestBudget(t *testing.T) {
	t.Parallel()
	phone := identity.Identifier{Type: identity.PhoneNumber, Value: "+13035551212"}
	name := identity.Identifier{Type: identity.Username, Value: email.Value}
	if walk.Budget(walk.Login, "t", "u", email) != walk.Budget(walk.Login, "t", "u", phone) {
		t.Error("one user has a budget for each identity")
	}
	all := map[store.Hash]bool{}
	for _, b := range []store.Hash{
		walk.Budget(walk.Login, "t", "u", email), walk.Budget(walk.Login, "t", "v", email), walk.Budget(walk.Login, "s", "u", email),
		walk.Budget(walk.Login, "t", "", email), walk.Budget(walk.Login, "s", "", email), walk.Budget(walk.Login, "t", "", phone), walk.Budget(walk.Login, "t", "", name),
		walk.Budget(walk.Login, "t", email.Value, email),
	} {
		all[b] = true
	}
	if len(all) != 8 {
		t.Errorf("%d budgets, want 8", len(all))
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	denver := time.FixedZone("Denver", -6*3600)
	if got, want := walk.Cut(time.Date(2022, 8, 1, 13, 5, 19, 999_999, denver)), time.Date(2022, 8, 1, 19, 5, 19, 0, time.UTC); got != want {
		t.Errorf("Cut = %v, want %v", got, want)
	}
	if now := time.Now(); walk.Cut(now) != walk.Cut(now).UTC().Round(0) {
		t.Error("Cut keeps a zone or a monotonic reading")
	}
}

// What is absent takes no room.
func TestEncodeOmits(t *testing.T) {
	t.Parallel()
	b, err := walk.Facts{}.Encode()
	if err != nil || string(b) != "{}" {
		t.Errorf("encoded as %s, %v, want {}", b, err)
	}
}

// SEC-17: a walk belongs to the browser whose secret it was begun with. A ticket
// from before there were browsers belongs to none.
func TestIn(t *testing.T) {
	t.Parallel()
	mine, another := handles.New(), handles.New()
	f := walk.Facts{Browser: walk.Browser("walk", mine)}
	if !f.In("walk", mine) || f.In("walk", another) || f.In("another walk", mine) || f.In("walk", secret.Text{}) {
		t.Error("a walk belongs to another browser than its own")
	}
	d := desk(t)
	tk, _, _ := made(t, d)
	tk.Data = []byte(`{"a":"10000000-0000-0002-0000-000000000001","f":true,"b":1659380719000}`)
	if old := read(t, d, tk).Facts; !old.Form || old.In(tk.Walk, mine) || old.In(tk.Walk, secret.Text{}) || walk.Browser("walk", secret.Text{}) != nil {
		t.Error("a walk that belongs to no browser is in one")
	}
}
