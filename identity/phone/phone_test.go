package phone_test

import (
	"errors"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/identity/phone"
)

var _ identity.PhoneParserIn = phone.Parser{}

// IDN-04
// S3-17..S3-19: every valid form is one number, and the country is the US unless said.
// S3-165
func TestParsePhoneBringsEveryFormToE164(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ region, number, want string }{
		{"", "+13035551212", "+13035551212"},
		{"", "303-555-1212", "+13035551212"},
		{"", "(303) 555-1212", "+13035551212"},
		{"", "+1 303 555 1212", "+13035551212"},
		{"", "303.555.1212", "+13035551212"},
		{"", "1 303 555 1212", "+13035551212"},
		{"", "  303 555 1212 ", "+13035551212"},
		{"", "011 44 20 7946 0958", "+442079460958"},
		{"", "+44 20 7946 0958", "+442079460958"},
		{"GB", "020 7946 0958", "+442079460958"},
		{"GB", "0013035551212", "+13035551212"},
		{"GB", "+1 (303) 555-1212", "+13035551212"},
		{"FR", "01 42 68 53 00", "+33142685300"},
		{"IT", "06 6982", "+39066982"},
		{phone.International, "+1 303 555 1212", "+13035551212"},
	} {
		got, err := phone.Parser{Region: c.region}.ParsePhone(c.number)
		if err != nil || got != c.want {
			t.Errorf("ParsePhone(%q) in region %q = %q, %v; want %q", c.number, c.region, got, err, c.want)
		}
		again, err := phone.Parser{Region: c.region}.ParsePhone(got)
		if err != nil || again != got {
			t.Errorf("ParsePhone(%q) in region %q = %q, %v; want it unchanged", got, c.region, again, err)
		}
	}
}

// IDN-04
// S3-19: without a region that is said, no other is guessed.
func TestParsePhoneRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, region, number string }{
		{"nothing", "", ""},
		{"blank", "", "   "},
		{"a plus sign alone", "", "+"},
		{"two plus signs", "", "++13035551212"},
		{"a plus sign inside", "", "303+5551212"},
		{"letters that stand for digits", "", "1-800-FLOWERS"},
		{"letters around a number", "", "call me at +14155552671 please"},
		{"markup", "", "<script>+14155552671"},
		{"an extension in words", "", "303-555-1212 ext. 5"},
		{"an extension by x", "", "303-555-1212x5"},
		{"an extension by parameter", "", "tel:+13035551212;ext=5"},
		{"a URI", "", "tel:+13035551212"},
		{"Arabic-Indic digits", "FR", "+٣٣142685300"},
		{"full-width digits", "", "３０３５５５１２１２"},
		{"a full-width plus sign", "", "＋13035551212"},
		{"a line feed", "", "303555\n1212"},
		{"a NUL", "", "3035551212\x00"},
		{"a no-break space", "", "303\u00a05551212"},
		{"too few digits", "", "555-1212"},
		{"too many digits", "", "+1303555121234"},
		{"possible, but in an area that is not given out", "", "+1 555 555 1212"},
		{"a premium-rate number", "", "+19005551212"},
		{"a British premium-rate number", "", "+449098790000"},
		{"a British personal number", "", "+447012345678"},
		{"a German shared-cost number", "", "+491801234567"},
		{"a toll-free number", "", "+18002345678"},
		{"an emergency number", "", "911"},
		{"a national number without a region", phone.International, "303-555-1212"},
		{"forty-one characters", "", "+1303555121212345678901234567890123456789"},
	} {
		got, err := phone.Parser{Region: c.region}.ParsePhone(c.number)
		if !errors.Is(err, phone.ErrNumber) || got != "" {
			t.Errorf("%s: ParsePhone(%q) = %q, %v; want ErrNumber", c.why, c.number, got, err)
		}
	}
}

func TestParserRefusesARegionThatIsNone(t *testing.T) {
	t.Parallel()
	for _, region := range []string{"us", "XX", "USA", "001", " US"} {
		p := phone.Parser{Region: region}
		if err := p.Check(); !errors.Is(err, phone.ErrRegion) {
			t.Errorf("Check with region %q = %v, want ErrRegion", region, err)
		}
		// It would otherwise go unnoticed until somebody types a national number.
		if _, err := p.ParsePhone("+13035551212"); !errors.Is(err, phone.ErrRegion) {
			t.Errorf("ParsePhone with region %q = %v, want ErrRegion", region, err)
		}
	}
	for _, region := range []string{"", "US", "GB", phone.International} {
		if err := (phone.Parser{Region: region}).Check(); err != nil {
			t.Errorf("Check with region %q = %v, want nil", region, err)
		}
	}
}

func TestInsecureAllTypesTakesWhatCostsMoney(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"+19005551212", "+18002345678", "+447012345678"} {
		got, err := phone.Parser{InsecureAllTypes: true}.ParsePhone(number)
		if err != nil || got != number {
			t.Errorf("ParsePhone(%q) = %q, %v; want it unchanged", number, got, err)
		}
	}
}

// S3-14
// S3-17: through the identity parser, every form looks up the one identifier.
func TestAllFormsLookUpOneIdentifier(t *testing.T) {
	t.Parallel()
	p := identity.Parser{Phones: phone.Parser{}}
	want := identity.Identifier{Type: identity.PhoneNumber, Value: "+13035551212"}
	for _, typed := range []string{"303-555-1212", "(303) 555-1212", "+1 303 555 1212"} {
		ids, err := p.Parse(typed, []identity.IdentityType{identity.PhoneNumber})
		if err != nil || len(ids) != 1 || ids[0] != want {
			t.Errorf("Parse(%q) = %v, %v; want one identifier of the number", typed, ids, err)
		}
	}
}

// FuzzParsePhone holds ParsePhone to its word: E.164 or nothing, and what it
// gives out it takes back unchanged.
func FuzzParsePhone(f *testing.F) {
	for _, number := range []string{
		"+13035551212", "303-555-1212", "(303) 555-1212", "011 44 20 7946 0958", "1-800-FLOWERS",
		"+٣٣142685300", "+19005551212", "tel:+13035551212;ext=5", "+39066982", "+390669", "00 33 1 42 68 53 00",
	} {
		for _, region := range []string{"", "GB", "FR", "IT", "MX", "BR", phone.International} {
			f.Add(region, number)
		}
	}
	f.Fuzz(func(t *testing.T, region, number string) {
		p := phone.Parser{Region: region}
		got, err := p.ParsePhone(number)
		if err != nil {
			if got != "" {
				t.Fatalf("ParsePhone(%q) gives %q with an error", number, got)
			}
			return
		}
		if len(got) < 8 || len(got) > 16 || got[0] != '+' {
			t.Fatalf("ParsePhone(%q) = %q, not E.164", number, got)
		}
		for _, c := range got[1:] {
			if c < '0' || c > '9' {
				t.Fatalf("ParsePhone(%q) = %q, not E.164", number, got)
			}
		}
		if again, err := p.ParsePhone(got); err != nil || again != got {
			t.Fatalf("ParsePhone(%q) = %q, and of that %q, %v; want it unchanged", number, got, again, err)
		}
	})
}

func BenchmarkParsePhone(b *testing.B) {
	for b.Loop() {
		if _, err := (phone.Parser{}).ParsePhone("303-555-1212"); err != nil {
			b.Fatal(err)
		}
	}
}

// A parser for another country is as careful as the one it comes from.
func TestIn(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{"GB": "+447911123456", "US": "", "XX": ""} {
		got, _ := phone.Parser{}.In(region).ParsePhone("07911 123456")
		if got != want {
			t.Errorf("dialled in %s: %q, want %q", region, got, want)
		}
	}
	const premium = "0900 5123456"
	if n, err := (phone.Parser{}).In("DE").ParsePhone(premium); err == nil {
		t.Errorf("a premium-rate number is taken: %s", n)
	}
	if _, err := (phone.Parser{InsecureAllTypes: true}).In("DE").ParsePhone(premium); err != nil {
		t.Errorf("where all types are taken: %v", err)
	}
}
