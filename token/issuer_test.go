package token_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-go/gatehouse/token"
)

func parts(t testing.TB, text string) (header, payload string) {
	t.Helper()
	split := strings.Split(text, ".")
	if len(split) != 3 {
		t.Fatalf("a token has %d parts, want 3", len(split))
	}
	for i := range split[:2] {
		decoded, err := base64.RawURLEncoding.DecodeString(split[i])
		if err != nil {
			t.Fatal(err)
		}
		split[i] = string(decoded)
	}
	return split[0], split[1]
}

func TestTokenOnTheWire(t *testing.T) {
	t.Parallel()
	key := must(token.ParseJWK([]byte(rfc8037Key)))(t)
	claims := sample()
	claims.ID = "1"
	header, payload := parts(t, issue(t, newIssuer(t, key), claims).Token.Reveal())
	if want := `{"alg":"EdDSA","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","typ":"at+jwt"}`; header != want {
		t.Errorf("header is %s, want %s", header, want)
	}
	want := `{"iss":"acme.com","sub":"00000000-0000-0001-0000-000000000000","aud":"10000000-0000-0002-0000-000000000001",` +
		`"exp":1659384319,"iat":1659380719,"jti":"1","tid":"f24aca2b-ce4a-4dad-951a-c9d690e71415",` +
		`"sid":"b7dc9d3f-0d3c-4b3f-8a6f-3d3f1a9b1c55","auth_time":1659380719,` +
		`"applicationId":"10000000-0000-0002-0000-000000000001","roles":["admin","user-role"],` +
		`"authenticationType":"PASSWORDLESS","amr":["otp"],"email":"jared@piedpiper.com","email_verified":true,` +
		`"preferred_username":"johnny123"}`
	if payload != want {
		t.Errorf("payload is\n%s, want\n%s", payload, want)
	}
}

// S3-202: exp, iat, iss, sub, aud, applicationId and roles (an empty list) are
// there, the lifetime is 3600 s, and HS256 is to be had when asked for.
func TestTokenOfTheFusionAuthExample(t *testing.T) {
	t.Parallel()
	key := must(token.NewHMACKey("hs", token.HS256, []byte(strings.Repeat("k", 31)+"1")))(t)
	issuer := must(token.NewIssuer(token.IssuerConfig{Keys: keySet(t, key), Issuer: "acme.com", Type: "JWT", Now: clock}))(t)
	claims := token.Claims{Subject: userID, Audience: applicationID, TenantID: tenantID, ApplicationID: applicationID, Roles: []string{}}
	header, payload := parts(t, issue(t, issuer, claims).Token.Reveal())
	if want := `{"alg":"HS256","kid":"hs","typ":"JWT"}`; header != want {
		t.Errorf("header is %s, want %s", header, want)
	}
	var got struct {
		Exp, Iat      int64
		Iss, Sub, Aud string
		ApplicationID string
		Roles         *[]string
	}
	if err := json.Unmarshal([]byte(payload), &got); err != nil {
		t.Fatal(err)
	}
	if got.Exp-got.Iat != 3600 {
		t.Errorf("exp - iat is %d s, want 3600", got.Exp-got.Iat)
	}
	if got.Iss != "acme.com" || got.Sub != userID || got.Aud != applicationID || got.ApplicationID != applicationID {
		t.Errorf("claims are %+v", got)
	}
	if got.Roles == nil || len(*got.Roles) != 0 {
		t.Errorf("roles is %v, want []", got.Roles)
	}
}

// S3-202: an asymmetric algorithm unless another is asked for.
func TestDefaultAlgorithmIsAsymmetric(t *testing.T) {
	t.Parallel()
	key := generate(t, "")
	if _, public := key.JWK(); key.Algorithm() != token.EdDSA || !public {
		t.Errorf("GenerateKey without an algorithm made %v", key)
	}
}

// S0-18: the instant that a response tells is the exp of the token, to the second.
// S0-19: in UTC, also beyond 2038, whatever the zone of the clock.
// S0-20: and 1659380719000 ms is 2022-08-01T19:05:19Z.
func TestExpiryIsToldAsItIsSigned(t *testing.T) {
	t.Parallel()
	key := testKey(t, token.EdDSA)
	for _, at := range []time.Time{
		now,
		time.UnixMilli(1659380719000 - 3600_000),
		now.In(time.FixedZone("", -7*3600)),
		time.Date(2038, 1, 19, 3, 14, 7, 999_999_999, time.UTC),
		time.Date(9000, 1, 1, 0, 0, 0, 1, time.FixedZone("", 14*3600)),
	} {
		issuer := must(token.NewIssuer(token.IssuerConfig{Keys: keySet(t, key), Issuer: issuerName,
			Now: func() time.Time { return at }}))(t)
		issued := issue(t, issuer, sample())
		_, payload := parts(t, issued.Token.Reveal())
		var signed struct{ Exp, Iat json.Number }
		if err := json.Unmarshal([]byte(payload), &signed); err != nil {
			t.Fatal(err)
		}
		exp, err := signed.Exp.Int64()
		if err != nil {
			t.Errorf("exp is %s, want an integer", signed.Exp)
		}
		if told := issued.Claims.ExpiresAt.UnixMilli(); told != exp*1000 || exp != at.Unix()+3600 {
			t.Errorf("exp is %d, %d ms is told, want %d and its thousandfold", exp, told, at.Unix()+3600)
		}
		if issued.Claims.ExpiresAt.Location() != time.UTC {
			t.Errorf("ExpiresAt is in %v, want UTC", issued.Claims.ExpiresAt.Location())
		}
	}
	if got := time.UnixMilli(1659380719000).UTC().Format(time.RFC3339); got != "2022-08-01T19:05:19Z" {
		t.Errorf("1659380719000 ms is %s", got)
	}
}

func TestIssueFillsIn(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t, testKey(t, token.EdDSA))
	first, second := issue(t, issuer, sample()), issue(t, issuer, sample())
	id, err := uuid.Parse(first.Claims.ID)
	if err != nil || id.Version() != 4 {
		t.Errorf("jti is %q, want a UUID of version 4", first.Claims.ID)
	}
	if first.Claims.ID == second.Claims.ID {
		t.Error("two tokens have one jti")
	}
	given := sample()
	given.Issuer, given.ID, given.IssuedAt, given.ExpiresAt = "piedpiper.com", "2", now.Add(-time.Hour), now.Add(time.Minute)
	kept := issue(t, issuer, given).Claims
	if kept.Issuer != "piedpiper.com" || kept.ID != "2" || kept.IssuedAt.Unix() != now.Unix()-3600 || kept.ExpiresAt.Unix() != now.Unix()+60 {
		t.Errorf("Issue changed what was given: %+v", kept)
	}
}

func TestIssueRefusesClaims(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t, testKey(t, token.EdDSA))
	nested := any(1)
	for range 40 {
		nested = []any{nested}
	}
	for name, c := range map[string]struct {
		claim  string
		change func(*token.Claims)
	}{
		"no sub":            {"sub", func(c *token.Claims) { c.Subject = "" }},
		"no aud":            {"aud", func(c *token.Claims) { c.Audience = "" }},
		"no tid":            {"tid", func(c *token.Claims) { c.TenantID = "" }},
		"sub not UTF-8":     {"sub", func(c *token.Claims) { c.Subject = "\xff" }},
		"a role not UTF-8":  {"roles", func(c *token.Claims) { c.Roles = []string{"admin", "\xc3"} }},
		"exp at iat":        {"exp", func(c *token.Claims) { c.ExpiresAt = now }},
		"exp before iat":    {"exp", func(c *token.Claims) { c.ExpiresAt = now.Add(-time.Hour) }},
		"exp in a fraction": {"exp", func(c *token.Claims) { c.ExpiresAt = now.Add(500 * time.Millisecond) }},
		"exp in two days":   {"exp", func(c *token.Claims) { c.ExpiresAt = now.Add(48 * time.Hour) }},
		"exp far away":      {"exp", func(c *token.Claims) { c.ExpiresAt = time.Unix(math.MaxInt64>>1, 0) }},
		"iat before 1970":   {"iat", func(c *token.Claims) { c.IssuedAt = time.Unix(-1, 0) }},
		"iat after 9999":    {"exp", func(c *token.Claims) { c.IssuedAt = time.Unix(253402300799, 0) }},
		"nbf at exp":        {"nbf", func(c *token.Claims) { c.NotBefore = now.Add(time.Hour) }},
		"nbf before 1970":   {"nbf", func(c *token.Claims) { c.NotBefore = time.Unix(-1, 0) }},
		"auth_time in 1969": {"auth_time", func(c *token.Claims) { c.AuthTime = time.Unix(-1, 0) }},
		"an own iss":        {"iss", own("iss", "x")},
		"an own roles":      {"roles", own("roles", []string{"admin"})},
		"an own ISS":        {"ISS", own("ISS", "x")},
		"an own Aud":        {"Aud", own("Aud", "x")},
		"an own ſub":        {"ſub", own("ſub", "x")},
		"an own name of \"": {`"a\"b"`, own(`a"b`, 1)},
		"an own empty name": {`""`, own("", 1)},
		"an own function":   {"f", own("f", func() {})},
		"an own NaN":        {"n", own("n", math.NaN())},
		"own names twice":   {"Extra", own("o", json.RawMessage(`{"a":1,"a":2}`))},
		"own depth":         {"Extra", own("o", nested)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims := sample()
			c.change(&claims)
			issued, err := issuer.Issue(t.Context(), claims)
			var refused *token.ClaimError
			if !errors.As(err, &refused) || refused.Claim != c.claim || !strings.Contains(err.Error(), c.claim) {
				t.Errorf("error is %v, want a ClaimError of %s", err, c.claim)
			}
			if !issued.Token.IsZero() || issued.Claims.Subject != "" {
				t.Error("Issue returned something with an error")
			}
		})
	}
}

func own(name string, value any) func(*token.Claims) {
	return func(c *token.Claims) { c.Extra = map[string]any{name: value} }
}

// Every name that a token carries is reserved.
func TestReservedNames(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t, testKey(t, token.EdDSA))
	full := sample()
	full.NotBefore, full.Context, full.Scope = now, "urn:piedpiper:aal1", "offline_access"
	_, payload := parts(t, issue(t, issuer, full).Token.Reveal())
	var names map[string]any
	if err := json.Unmarshal([]byte(payload), &names); err != nil {
		t.Fatal(err)
	}
	if len(names) != 19 {
		t.Errorf("the token carries %d claims, want all 19", len(names))
	}
	for name := range names {
		for _, spelt := range []string{name, strings.ToUpper(name)} {
			claims := sample()
			claims.Extra = map[string]any{spelt: "x"}
			if _, err := issuer.Issue(t.Context(), claims); err == nil {
				t.Errorf("Extra could set %s", spelt)
			}
		}
	}
}

func TestOwnClaimsAreSigned(t *testing.T) {
	t.Parallel()
	claims := sample()
	claims.Extra = map[string]any{"b": 2, "a": map[string]bool{"x": true}, "https://piedpiper.com/plan": "</script>"}
	_, payload := parts(t, issue(t, newIssuer(t, testKey(t, token.EdDSA)), claims).Token.Reveal())
	if want := `,"a":{"x":true},"b":2,"https://piedpiper.com/plan":"\u003c/script\u003e"}`; !strings.HasSuffix(payload, want) {
		t.Errorf("payload is %s, want it to end in %s", payload, want)
	}
}

func TestEscapedClaimsComeBack(t *testing.T) {
	t.Parallel()
	key := testKey(t, token.EdDSA)
	claims := sample()
	claims.PreferredUsername = "Zoë \"\\\n\u2028😀<>&\x00\x7f"
	claims.Roles = []string{"", "a b", "ſ", `","x":"`}
	got := must(newVerifier(t, key).Verify(t.Context(), issue(t, newIssuer(t, key), claims).Token.Reveal()))(t)
	if got.PreferredUsername != claims.PreferredUsername || strings.Join(got.Roles, "|") != strings.Join(claims.Roles, "|") {
		t.Errorf("read back as %q, %q", got.PreferredUsername, got.Roles)
	}
	if got.Extra != nil {
		t.Errorf("a value became claims: %v", got.Extra)
	}
}

func TestIssueTooLong(t *testing.T) {
	t.Parallel()
	claims := sample()
	claims.Roles = []string{strings.Repeat("r", 8<<10)}
	if _, err := newIssuer(t, testKey(t, token.EdDSA)).Issue(t.Context(), claims); !errors.Is(err, token.ErrTooLong) {
		t.Errorf("error is %v, want ErrTooLong", err)
	}
}

// What is issued at the limit is read at the limit.
func TestIssuersAndVerifiersAgreeOnLength(t *testing.T) {
	t.Parallel()
	key := testKey(t, token.EdDSA)
	issuer, verifier := newIssuer(t, key), newVerifier(t, key)
	longest := 0
	for length := 5000; ; length++ {
		claims := sample()
		claims.Scope = strings.Repeat("s", length)
		issued, err := issuer.Issue(t.Context(), claims)
		if errors.Is(err, token.ErrTooLong) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		longest = len(issued.Token.Reveal())
		if _, err := verifier.Verify(t.Context(), issued.Token.Reveal()); err != nil {
			t.Fatalf("a token of %d bytes was issued and is refused: %v", longest, err)
		}
	}
	if longest < 8190 || longest > 8192 {
		t.Errorf("the longest token has %d bytes, want close to 8192", longest)
	}
}

// TIM-03: durations are checked where they are set, also those that overflowed
// on their way.
func TestNewIssuerRefuses(t *testing.T) {
	t.Parallel()
	seconds := int64(1e10) // a caller's own arithmetic, wrapped
	for name, c := range map[string]struct {
		field  string
		change func(*token.IssuerConfig)
	}{
		"no keys":             {"Keys", func(c *token.IssuerConfig) { c.Keys = nil }},
		"no issuer":           {"Issuer", func(c *token.IssuerConfig) { c.Issuer = "" }},
		"negative lifetime":   {"Lifetime", func(c *token.IssuerConfig) { c.Lifetime = -time.Second }},
		"wrapped lifetime":    {"Lifetime", func(c *token.IssuerConfig) { c.Lifetime = time.Duration(seconds) * time.Second }},
		"lifetime under 1 s":  {"Lifetime", func(c *token.IssuerConfig) { c.Lifetime = time.Second - 1 }},
		"lifetime of 1.5 s":   {"Lifetime", func(c *token.IssuerConfig) { c.Lifetime = 1500 * time.Millisecond }},
		"lifetime over 1 day": {"Lifetime", func(c *token.IssuerConfig) { c.Lifetime = 24*time.Hour + time.Second }},
		"type with a quote":   {"Type", func(c *token.IssuerConfig) { c.Type = `","crit":"` }},
		"type with a line":    {"Type", func(c *token.IssuerConfig) { c.Type = "at\njwt" }},
		"negative max bytes":  {"MaxBytes", func(c *token.IssuerConfig) { c.MaxBytes = -1 }},
		"huge max bytes":      {"MaxBytes", func(c *token.IssuerConfig) { c.MaxBytes = 1 << 20 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := token.IssuerConfig{Keys: keySet(t, testKey(t, token.EdDSA)), Issuer: issuerName}
			c.change(&config)
			i, err := token.NewIssuer(config)
			wantConfigError(t, i, err, c.field)
		})
	}
}

// TIM-03
func TestLifetimes(t *testing.T) {
	t.Parallel()
	for _, lifetime := range []time.Duration{time.Second, 30 * time.Minute, 24 * time.Hour} {
		issuer := must(token.NewIssuer(token.IssuerConfig{Keys: keySet(t, testKey(t, token.EdDSA)),
			Issuer: issuerName, Lifetime: lifetime, Now: clock}))(t)
		c := issue(t, issuer, sample()).Claims
		if got := c.ExpiresAt.Sub(c.IssuedAt); got != lifetime {
			t.Errorf("a token lives %v, want %v", got, lifetime)
		}
	}
}

func TestIssueWithoutKeys(t *testing.T) {
	t.Parallel()
	issuer := must(token.NewIssuer(token.IssuerConfig{Keys: new(token.KeySet), Issuer: issuerName}))(t)
	if _, err := issuer.Issue(t.Context(), sample()); !errors.Is(err, token.ErrUnknownKey) {
		t.Errorf("error is %v, want ErrUnknownKey", err)
	}
}

func TestClaimsMarshal(t *testing.T) {
	t.Parallel()
	for want, claims := range map[string]token.Claims{
		`{}`: {},
		`{"sub":"00000000-0000-0001-0000-000000000000","email":"example@fusionauth.io","email_verified":false}`: {Subject: userID, Email: "example@fusionauth.io"},
	} {
		got, err := json.Marshal(claims)
		if err != nil || string(got) != want {
			t.Errorf("Marshal = %s, %v; want %s", got, err, want)
		}
	}
}
