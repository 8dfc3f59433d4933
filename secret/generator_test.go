package secret_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/secret"
)

const (
	digits  = "0123456789"
	letters = "ABCDEFGHJKMNPQRSTUVWXYZ"
	mixed   = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
)

var generators = []secret.Generator{
	{Kind: secret.RandomDigits, Length: 6},
	{Kind: secret.RandomAlpha, Length: 6},
	{Kind: secret.RandomAlphaNumeric, Length: 6},
	{Kind: secret.RandomBytes, Length: 32},
}

func alphabet(k secret.Kind) string {
	return map[secret.Kind]string{secret.RandomDigits: digits, secret.RandomAlpha: letters, secret.RandomAlphaNumeric: mixed}[k]
}

// random makes crypto/rand return stream, then fail. The test must not be parallel.
func random(t *testing.T, stream ...byte) {
	real := rand.Reader
	rand.Reader = bytes.NewReader(stream)
	t.Cleanup(func() { rand.Reader = real })
}

// SEC-06: bytes that would favour some characters are thrown away, leading
// zeros are kept, also on the way through JSON.
func TestNewThrowsUnfairBytesAway(t *testing.T) {
	for _, c := range []struct {
		kind   secret.Kind
		stream []byte
		want   string
	}{
		{secret.RandomDigits, []byte{0, 250, 10, 251, 240, 1, 252, 2, 253, 254, 255, 13, 9, 9, 9, 9}, "000123"},
		{secret.RandomDigits, append(bytes.Repeat([]byte{255}, 16), 249, 8, 7, 6, 5, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), "987654"},
		{secret.RandomAlpha, []byte{0, 253, 252, 254, 22, 255, 23, 7, 8, 9, 9, 9, 9, 9, 9, 9}, "AZZAHJ"},
		{secret.RandomAlphaNumeric, []byte{248, 247, 249, 30, 255, 0, 31, 22, 23, 9, 9, 9, 9, 9, 9, 9}, "99AAZ2"},
	} {
		t.Run(c.want, func(t *testing.T) {
			random(t, c.stream...)
			code := secret.Generator{Kind: c.kind, Length: 6}.New()
			if code.Reveal() != c.want {
				t.Fatalf("got %s, want %s", code.Reveal(), c.want)
			}
			sent, err := json.Marshal(secret.Issued{Text: code})
			if err != nil {
				t.Fatal(err)
			}
			var typed secret.Text
			if err := json.Unmarshal(sent, &typed); err != nil || !typed.Equal(code) {
				t.Errorf("%s came back as %s, %v", c.want, typed.Reveal(), err)
			}
		})
	}
}

// SEC-05: without randomness there is no secret at all.
func TestNewDiesWithoutRandomness(t *testing.T) {
	t.Parallel()
	broken := map[string]io.Reader{"failing": brokenReader{}, "short": bytes.NewReader(make([]byte, 15))}
	if mode := os.Getenv("GATEHOUSE_TEST_RANDOM"); mode != "" {
		rand.Reader = broken[mode]
		fmt.Println("made", secret.Generator{Kind: secret.RandomBytes, Length: 32}.New().Reveal())
		return
	}
	for mode := range broken {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNewDiesWithoutRandomness$")
		child.Env = append(os.Environ(), "GATEHOUSE_TEST_RANDOM="+mode)
		out, err := child.CombinedOutput()
		if err == nil || bytes.Contains(out, []byte("made")) || !bytes.Contains(out, []byte("crypto/rand")) {
			t.Errorf("%s source: got %v and %.200s, want the process to end over crypto/rand", mode, err, out)
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("no entropy") }

// What chi-square exceeds with a probability under 1e-14, by degrees of freedom.
var improbable = map[int]float64{9: 90, 22: 125, 30: 140, 255: 480}

func chiSquare(counts []int) float64 {
	total := 0
	for _, n := range counts {
		total += n
	}
	want, sum := float64(total)/float64(len(counts)), 0.0
	for _, n := range counts {
		sum += (float64(n) - want) * (float64(n) - want) / want
	}
	return sum
}

// SEC-05, SEC-06
func TestNewIsUniform(t *testing.T) {
	t.Parallel()
	const draws = 1_000_000
	for _, g := range generators[:3] {
		t.Run(string(g.Kind), func(t *testing.T) {
			t.Parallel()
			chars := alphabet(g.Kind)
			counts := make([][]int, g.Length)
			for i := range counts {
				counts[i] = make([]int, len(chars))
			}
			for range draws {
				for i, c := range []byte(g.New().Reveal()) {
					counts[i][strings.IndexByte(chars, c)]++
				}
			}
			for i := range counts {
				if x, most := chiSquare(counts[i]), improbable[len(chars)-1]; x > most {
					t.Errorf("character %d: chi-square %.0f over %d draws, want at most %.0f: %v", i, x, draws, most, counts[i])
				}
			}
		})
	}
	t.Run("randomBytes", func(t *testing.T) {
		t.Parallel()
		counts := make([]int, 256)
		for range draws / 32 {
			raw, err := base64.RawURLEncoding.DecodeString(generators[3].New().Reveal())
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range raw {
				counts[b]++
			}
		}
		if x := chiSquare(counts); x > improbable[255] {
			t.Errorf("chi-square %.0f over %d bytes, want at most %.0f", x, draws, improbable[255])
		}
	})
}

// The same measure must find what taking bytes modulo the alphabet would do.
func TestChiSquareFindsModuloBias(t *testing.T) {
	t.Parallel()
	random := mathrand.New(mathrand.NewPCG(1, 2))
	for _, size := range []int{len(digits), len(letters), len(mixed)} {
		biased, fair := make([]int, size), make([]int, size)
		for range 1_000_000 {
			biased[random.IntN(256)%size]++
			fair[random.IntN(size)]++
		}
		if most := improbable[size-1]; chiSquare(biased) < 2*most || chiSquare(fair) > most {
			t.Errorf("%d characters: chi-square %.0f biased, %.0f fair, with the line at %.0f", size, chiSquare(biased), chiSquare(fair), most)
		}
	}
}

func TestNewHasTheShapeAsked(t *testing.T) {
	t.Parallel()
	for _, g := range generators[:3] {
		for g.Length = 4; g.Length <= 12; g.Length++ {
			code := g.New().Reveal()
			if len(code) != g.Length || strings.Trim(code, alphabet(g.Kind)) != "" {
				t.Errorf("%v made %q", g, code)
			}
		}
	}
	for n := 16; n <= 128; n++ {
		raw, err := base64.RawURLEncoding.DecodeString(secret.Generator{Kind: secret.RandomBytes, Length: n}.New().Reveal())
		if err != nil || len(raw) != n {
			t.Errorf("%d bytes came as %d, %v", n, len(raw), err)
		}
	}
}

// SEC-05: the shape every ticket, trust id and API key has.
func TestHandleHas256Bits(t *testing.T) {
	t.Parallel()
	g := secret.Generator{Kind: secret.RandomBytes, Length: 32}
	handle := g.New()
	if len(handle.Reveal()) != 43 || g.Bits() != 256 {
		t.Errorf("got %d characters and %v bits, want 43 and 256", len(handle.Reveal()), g.Bits())
	}
	if handle.Equal(g.New()) {
		t.Error("two handles are the same")
	}
}

func TestBits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		g    secret.Generator
		want string
	}{
		{secret.Generator{Kind: secret.RandomDigits, Length: 6}, "19.93"}, // as ASVS counts six digits
		{secret.Generator{Kind: secret.RandomDigits, Length: 4}, "13.29"},
		{secret.Generator{Kind: secret.RandomAlpha, Length: 6}, "27.14"},
		{secret.Generator{Kind: secret.RandomAlphaNumeric, Length: 6}, "29.73"},
		{secret.Generator{Kind: secret.RandomBytes, Length: 16}, "128.00"},
		{secret.Generator{}, "0.00"},
		{secret.Generator{Kind: "uuid", Length: 6}, "0.00"},
	} {
		if got := fmt.Sprintf("%.2f", c.g.Bits()); got != c.want {
			t.Errorf("Bits of %v = %s, want %s", c.g, got, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		g     secret.Generator
		field string // "" if g is right
	}{
		{secret.Generator{Kind: secret.RandomDigits, Length: 4}, ""},
		{secret.Generator{Kind: secret.RandomAlpha, Length: 12}, ""},
		{secret.Generator{Kind: secret.RandomAlphaNumeric, Length: 6}, ""},
		{secret.Generator{Kind: secret.RandomBytes, Length: 16}, ""},
		{secret.Generator{Kind: secret.RandomBytes, Length: 128}, ""},
		{secret.Generator{Kind: secret.RandomDigits, Length: 3}, "length"},
		{secret.Generator{Kind: secret.RandomDigits, Length: 13}, "length"},
		{secret.Generator{Kind: secret.RandomAlpha, Length: 0}, "length"},
		{secret.Generator{Kind: secret.RandomAlphaNumeric, Length: -6}, "length"},
		{secret.Generator{Kind: secret.RandomBytes, Length: 15}, "length"},
		{secret.Generator{Kind: secret.RandomBytes, Length: 129}, "length"},
		{secret.Generator{Kind: "RandomDigits", Length: 6}, "type"},
		{secret.Generator{Length: 6}, "type"},
		{secret.Generator{}, "type"},
	} {
		err := c.g.Check()
		if c.field == "" {
			if err != nil {
				t.Errorf("%v: %v", c.g, err)
			}
			continue
		}
		if fe, ok := errors.AsType[*secret.FieldError](err); !ok || fe.Field != c.field || !strings.Contains(err.Error(), "secret: "+c.field+" must") {
			t.Errorf("%v: got %v, want an error that names %s", c.g, err, c.field)
		}
		if !panics(func() { c.g.New() }) {
			t.Errorf("%v is refused and yet made a secret", c.g)
		}
	}
}

func panics(f func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	f()
	return
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind        secret.Kind
		typed, want string
	}{
		{secret.RandomAlphaNumeric, "4mz7qK", "4MZ7QK"},
		{secret.RandomAlpha, "azAZ", "AZAZ"},
		{secret.RandomAlpha, "@`[{ a-b\n", "@`[{ A-B\n"},
		{secret.RandomAlphaNumeric, "ıſKéß\xff\xc3", "ıſKéß\xff\xc3"}, // dotless i, long s, Kelvin, not UTF-8
		{secret.RandomAlphaNumeric, "o0l1i", "O0L1I"},                 // look-alikes are not guessed at
		{secret.RandomDigits, "00a1", "00a1"},
		{secret.RandomBytes, "aB-_", "aB-_"},
		{secret.RandomDigits, "", ""},
	} {
		if got := (secret.Generator{Kind: c.kind, Length: 6}).Canonical(c.typed); got != c.want {
			t.Errorf("%s: Canonical(%q) = %q, want %q", c.kind, c.typed, got, c.want)
		}
	}
}

func TestAlphabetsHoldNoLookAlikes(t *testing.T) {
	t.Parallel()
	for _, g := range generators[1:3] {
		for range 1000 {
			code := g.New().Reveal()
			if strings.ContainsAny(code, "ILO01") || g.Canonical(strings.ToLower(code)) != code {
				t.Fatalf("%s made %s", g.Kind, code)
			}
		}
	}
}

func TestGeneratorJSON(t *testing.T) {
	t.Parallel()
	const fusionAuth = `{"type":"randomAlphaNumeric","length":6}`
	var g secret.Generator
	if err := json.Unmarshal([]byte(fusionAuth), &g); err != nil || g != generators[2] {
		t.Fatalf("got %v, %v, want %v", g, err, generators[2])
	}
	if out, err := json.Marshal(g); err != nil || string(out) != fusionAuth {
		t.Errorf("got %s, %v, want %s", out, err, fusionAuth)
	}
	if g.IsZero() || !(secret.Generator{}).IsZero() {
		t.Error("IsZero does not tell a generator from none")
	}
}

func FuzzGeneratorJSON(f *testing.F) {
	f.Add([]byte(`{"type":"randomDigits","length":6}`))
	f.Add([]byte(`{"type":"randomBytes","length":128}`))
	f.Add([]byte(`{"type":"randomAlpha","length":1e1}`))
	f.Add([]byte(`{"length":-1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var g secret.Generator
		if json.Unmarshal(data, &g) != nil || g.Check() != nil {
			return
		}
		code := g.New().Reveal()
		if g.Kind == secret.RandomBytes && len(code) != base64.RawURLEncoding.EncodedLen(g.Length) || g.Kind != secret.RandomBytes && len(code) != g.Length {
			t.Errorf("%v made %d characters", g, len(code))
		}
		if g.Canonical(code) != code {
			t.Errorf("%v made %q, which is not its canonical form", g, code)
		}
		out, err := json.Marshal(g)
		var back secret.Generator
		if err != nil || json.Unmarshal(out, &back) != nil || back != g {
			t.Errorf("%v came back as %v, %v", g, back, err)
		}
	})
}
