package secret_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-go/gatehouse/secret"
)

const (
	tenant = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	user   = "00000000-0000-0001-0000-000000000000"
)

// counted is the key of the bytes first, first+1, …, so that vectors can be
// computed elsewhere.
func counted(id string, first byte) secret.Key {
	var raw [32]byte
	for i := range raw {
		raw[i] = first + byte(i)
	}
	return secret.Key{ID: id, Secret: secret.New(string(raw[:]))}
}

func newRing(tb testing.TB, current secret.Key, older ...secret.Key) *secret.Keyring {
	tb.Helper()
	ring, err := secret.NewKeyring(current, older...)
	if err != nil {
		tb.Fatal(err)
	}
	return ring
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	ring := newRing(t, secret.GenerateKey("2026-01"))
	for _, plain := range []string{"", "000123", strings.Repeat("x", 100_000)} {
		sealed := ring.Seal("code", []byte(plain), tenant, user)
		if len(plain) > 0 && bytes.Contains(sealed, []byte(plain)) {
			t.Errorf("the sealed value holds what was sealed: %x", sealed)
		}
		got, err := ring.Open("code", sealed, tenant, user)
		if err != nil || string(got) != plain {
			t.Errorf("got %.20q, %v, want %.20q", got, err, plain)
		}
		if bytes.Equal(sealed, ring.Seal("code", []byte(plain), tenant, user)) {
			t.Errorf("%.20q sealed twice is the same: equal values show", plain)
		}
	}
	sealed := ring.Seal("code", []byte("000123"))
	if got, err := ring.Open("code", sealed); err != nil || string(got) != "000123" {
		t.Errorf("bound to nothing: got %q, %v", got, err)
	}
}

// SEC-09: a sealed value that is moved to another row, or asked for as another
// thing, does not open.
func TestOpenRefusesWhatWasMoved(t *testing.T) {
	t.Parallel()
	ring := newRing(t, secret.GenerateKey("2026-01"))
	sealed := ring.Seal("code", []byte("000123"), tenant, user, "login")
	for _, c := range []struct {
		use   secret.Use
		bound []string
	}{
		{"totp", []string{tenant, user, "login"}},
		{"", []string{"code", tenant, user, "login"}},
		{"code", nil},
		{"code", []string{tenant, user}},
		{"code", []string{tenant, user, "verify"}},
		{"code", []string{tenant, "00000000-0000-0001-0000-000000000001", "login"}},
		{"code", []string{user, tenant, "login"}},
		{"code", []string{tenant + user, "login"}},
		{"code", []string{tenant, user + "l", "ogin"}},
		{"code", []string{tenant, user, "login", ""}},
	} {
		if got, err := ring.Open(c.use, sealed, c.bound...); err != secret.ErrDamaged || got != nil {
			t.Errorf("opened as %q with %q: got %q, %v, want ErrDamaged", c.use, c.bound, got, err)
		}
	}
}

func TestOpenRefusesWhatWasChanged(t *testing.T) {
	t.Parallel()
	ring := newRing(t, secret.GenerateKey("2026-01"))
	sealed := ring.Seal("code", []byte("000123"), user)
	refused := func(how string, changed []byte) {
		got, err := ring.Open("code", changed, user)
		if err != secret.ErrDamaged && err != secret.ErrUnknownKey || got != nil {
			t.Errorf("%s: got %q, %v, want it refused", how, got, err)
		}
	}
	for i := range sealed {
		for bit := range 8 {
			changed := slices.Clone(sealed)
			changed[i] ^= 1 << bit
			refused(fmt.Sprintf("bit %d of byte %d flipped", bit, i), changed)
		}
		refused(fmt.Sprintf("cut to %d bytes", i), sealed[:i])
	}
	refused("nil", nil)
	refused("a byte added", append(slices.Clone(sealed), 0))
	refused("plain text", []byte("000123"))
	refused("version 0", append([]byte{0}, sealed[1:]...))
}

// SEC-09: what an older key sealed still opens; a key that is gone is told from
// damage, and never replaced by a guess.
func TestRotation(t *testing.T) {
	t.Parallel()
	older, newer := secret.GenerateKey("2026-01"), secret.GenerateKey("2026-02")
	before, during, after := newRing(t, older), newRing(t, newer, older), newRing(t, newer)
	first := before.Seal("code", []byte("000123"), user)
	second := during.Seal("code", []byte("000456"), user)
	for _, c := range []struct {
		name   string
		ring   *secret.Keyring
		sealed []byte
		want   string
		err    error
	}{
		{"old value, old key", before, first, "000123", nil},
		{"old value, both keys", during, first, "000123", nil},
		{"old value, key gone", after, first, "", secret.ErrUnknownKey},
		{"new value, new key", after, second, "000456", nil},
		{"new value, both keys", during, second, "000456", nil},
		{"new value, key not there yet", before, second, "", secret.ErrUnknownKey},
		{"new value, ready for the new key", newRing(t, older, newer), second, "000456", nil},
		{"id given to another secret", newRing(t, secret.GenerateKey("2026-01")), first, "", secret.ErrDamaged},
	} {
		got, err := c.ring.Open("code", c.sealed, user)
		if !errors.Is(err, c.err) || string(got) != c.want {
			t.Errorf("%s: got %q, %v, want %q, %v", c.name, got, err, c.want, c.err)
		}
	}
	if !during.Stale(first) || during.Stale(second) || !before.Stale(second) || !during.Stale(first[:3]) || !during.Stale(nil) {
		t.Error("Stale takes another key for the current one, or the current one for another")
	}
}

func TestMAC(t *testing.T) {
	t.Parallel()
	older, newer := secret.GenerateKey("2026-01"), secret.GenerateKey("2026-02")
	ring := newRing(t, newer, older)
	before := newRing(t, older).MAC("budget", tenant, user)
	now := ring.MAC("budget", tenant, user)
	if got, want := ring.MACs("budget", tenant, user), [][32]byte{now, before}; !slices.Equal(got, want) {
		t.Errorf("MACs = %x, want %x: a value kept before the rotation is lost", got, want)
	}
	if now != ring.MAC("budget", tenant, user) {
		t.Error("MAC differs from itself")
	}
	seen := map[[32]byte]string{before: "the older key", secret.Sum(tenant, user): "Sum"}
	for name, mac := range map[string][32]byte{
		"this":             now,
		"another use":      ring.MAC("trust", tenant, user),
		"another order":    ring.MAC("budget", user, tenant),
		"another division": ring.MAC("budget", tenant+user),
		"one part more":    ring.MAC("budget", tenant, user, ""),
		"no part":          ring.MAC("budget"),
	} {
		if other, ok := seen[mac]; ok {
			t.Errorf("%s and %s have one MAC", name, other)
		}
		seen[mac] = name
	}
}

// sealedVector is "000123" sealed with counted("2026-01", 0).
func sealedVector(tb testing.TB) []byte {
	sealed, err := hex.DecodeString("0107323032362d3031a0a1a2a3a4a5a6a7a8a9aaabc60d1e233aa94d1cb57f96ab7cdb926f73f319042321")
	if err != nil {
		tb.Fatal(err)
	}
	return sealed
}

// The vectors were computed by other implementations of HKDF, HMAC and AES-GCM.
// A change here makes everything already stored unreadable.
func TestFormatsStayReadable(t *testing.T) {
	t.Parallel()
	ring := newRing(t, counted("2026-01", 0))
	if got, err := ring.Open("code", sealedVector(t), tenant, user); err != nil || string(got) != "000123" {
		t.Errorf("Open = %q, %v, want 000123", got, err)
	}
	const mac = "a3358414bfd81a5d1538edf2d6fa03e7cc2ff0b4f900ff5f17a208fed7b20133"
	if got := ring.MAC("budget", tenant, user); hex.EncodeToString(got[:]) != mac {
		t.Errorf("MAC = %x, want %s", got, mac)
	}
	const sum = "b93aeca1905f4ef357e67d53fa01779cff1a226393c5a9f877b598bd9de2e133"
	if got := secret.Sum("login", "000123"); hex.EncodeToString(got[:]) != sum {
		t.Errorf("Sum = %x, want %s", got, sum)
	}
}

func TestKeyringIsConcurrent(t *testing.T) {
	t.Parallel()
	ring := newRing(t, secret.GenerateKey("2026-02"), secret.GenerateKey("2026-01"))
	start := make(chan struct{})
	var done sync.WaitGroup
	for i := range 32 {
		done.Go(func() {
			<-start
			use := secret.Use(fmt.Sprint("use", i%3))
			for range 50 {
				sealed := ring.Seal(use, []byte("000123"), user)
				if got, err := ring.Open(use, sealed, user); err != nil || string(got) != "000123" {
					t.Errorf("got %q, %v", got, err)
				}
				if ring.MAC(use, user) != ring.MACs(use, user)[0] {
					t.Error("one use has two keys")
				}
			}
		})
	}
	close(start)
	done.Wait()
}

func FuzzOpen(f *testing.F) {
	ring := newRing(f, counted("2026-01", 0), counted("2025-01", 100))
	genuine := sealedVector(f) // the same in every process that fuzzes
	f.Add(genuine)
	f.Add(genuine[:len(genuine)-1])
	f.Add([]byte{})
	f.Add([]byte{1, 255})
	f.Add([]byte("\x01\x0049a5f1e0000000000000000000000000000"))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		got, err := ring.Open("code", sealed, tenant, user)
		if err == nil && !bytes.Equal(sealed, genuine) {
			t.Errorf("%x was never sealed and opens as %q", sealed, got)
		}
		if err != nil && (got != nil || err != secret.ErrDamaged && err != secret.ErrUnknownKey) {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// A keyring that holds no key seals nothing: whoever is configured with one says
// so at the start.
func TestKeyringCheck(t *testing.T) {
	t.Parallel()
	var none *secret.Keyring
	for name, r := range map[string]*secret.Keyring{"none": none, "empty": {}} {
		if r.Check() == nil {
			t.Errorf("%s was taken", name)
		}
	}
	r, err := secret.NewKeyring(secret.GenerateKey("test"))
	if err != nil || r.Check() != nil {
		t.Errorf("one that holds a key was refused: %v, %v", err, r.Check())
	}
}
