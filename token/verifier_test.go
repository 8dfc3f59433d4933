package token_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/token"
)

// S0-17: the signature, exp, sub and aud of an issued token verify.
func TestIssuedTokensVerify(t *testing.T) {
	t.Parallel()
	for _, a := range algorithms {
		t.Run(string(a), func(t *testing.T) {
			t.Parallel()
			key := testKey(t, a)
			issued := issue(t, newIssuer(t, key), sample())
			got, err := newVerifier(t, key).Verify(t.Context(), issued.Token.Reveal())
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, issued.Claims) {
				t.Errorf("Verify = %+v, want what was issued: %+v", got, issued.Claims)
			}
			if got.Subject != userID || got.Audience != applicationID || got.Issuer != issuerName {
				t.Errorf("sub, aud, iss are %s, %s, %s", got.Subject, got.Audience, got.Issuer)
			}
		})
	}
}

func TestForgedButGoodTokenVerifies(t *testing.T) {
	t.Parallel()
	// The tests below change one thing about this token each; it must be good.
	f := newForger(t)
	got, err := newVerifier(t, f.key).Verify(t.Context(), f.sign(goodHeader, goodClaims))
	if err != nil || got.Subject != userID {
		t.Fatalf("Verify = %+v, %v", got, err)
	}
}

func TestVerifyRefusesHeaders(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	verifier := newVerifier(t, f.key)
	for name, header := range map[string]string{
		// JWT-01
		"alg none":            `{"alg":"none","kid":"k1","typ":"at+jwt"}`,
		"alg None":            `{"alg":"None","kid":"k1","typ":"at+jwt"}`,
		"alg empty":           `{"alg":"","kid":"k1","typ":"at+jwt"}`,
		"alg absent":          `{"kid":"k1","typ":"at+jwt"}`,
		"alg null":            `{"alg":null,"kid":"k1","typ":"at+jwt"}`,
		"alg a list":          `{"alg":["EdDSA"],"kid":"k1","typ":"at+jwt"}`,
		"alg of another key":  `{"alg":"HS256","kid":"k1","typ":"at+jwt"}`,
		"alg in another case": `{"alg":"eddsa","kid":"k1","typ":"at+jwt"}`,
		// JWT-02
		"kid absent":          `{"alg":"EdDSA","typ":"at+jwt"}`,
		"kid empty":           `{"alg":"EdDSA","kid":"","typ":"at+jwt"}`,
		"kid null":            `{"alg":"EdDSA","kid":null,"typ":"at+jwt"}`,
		"kid a number":        `{"alg":"EdDSA","kid":1,"typ":"at+jwt"}`,
		"kid unknown":         `{"alg":"EdDSA","kid":"k2","typ":"at+jwt"}`,
		"kid in another case": `{"alg":"EdDSA","kid":"K1","typ":"at+jwt"}`,
		"kid with a space":    `{"alg":"EdDSA","kid":"k1 ","typ":"at+jwt"}`,
		"kid with a NUL":      `{"alg":"EdDSA","kid":"k1\u0000","typ":"at+jwt"}`,
		"kid a path":          `{"alg":"EdDSA","kid":"../../dev/null","typ":"at+jwt"}`,
		"kid a query":         `{"alg":"EdDSA","kid":"' OR '1'='1","typ":"at+jwt"}`,
		"kid long":            `{"alg":"EdDSA","kid":"` + strings.Repeat("k", 129) + `","typ":"at+jwt"}`,
		"jku":                 `{"alg":"EdDSA","kid":"k1","typ":"at+jwt","jku":"https://piedpiper.com/keys"}`,
		"jwk":                 `{"alg":"EdDSA","kid":"k1","typ":"at+jwt","jwk":{"kty":"OKP"}}`,
		"x5u":                 `{"alg":"EdDSA","kid":"k1","typ":"at+jwt","x5u":"https://piedpiper.com/cert"}`,
		"x5c":                 `{"alg":"EdDSA","kid":"k1","typ":"at+jwt","x5c":[]}`,
		// JWT-03
		"typ absent":          `{"alg":"EdDSA","kid":"k1"}`,
		"typ empty":           `{"alg":"EdDSA","kid":"k1","typ":""}`,
		"typ JWT":             `{"alg":"EdDSA","kid":"k1","typ":"JWT"}`,
		"typ logout":          `{"alg":"EdDSA","kid":"k1","typ":"logout+jwt"}`,
		"typ of an id token":  `{"alg":"EdDSA","kid":"k1","typ":"id+jwt"}`,
		"typ only the prefix": `{"alg":"EdDSA","kid":"k1","typ":"application/"}`,
		"typ of another tree": `{"alg":"EdDSA","kid":"k1","typ":"text/at+jwt"}`,
		// JWT-05
		"crit":            `{"alg":"EdDSA","kid":"k1","typ":"at+jwt","crit":["exp"],"exp":1}`,
		"crit empty":      `{"alg":"EdDSA","kid":"k1","typ":"at+jwt","crit":[]}`,
		"crit null":       `{"alg":"EdDSA","kid":"k1","typ":"at+jwt","crit":null}`,
		"b64":             `{"alg":"EdDSA","kid":"k1","typ":"at+jwt","b64":false}`,
		"alg twice":       `{"alg":"EdDSA","alg":"EdDSA","kid":"k1","typ":"at+jwt"}`,
		"alg twice, \\u":  `{"alg":"none","\u0061lg":"EdDSA","kid":"k1","typ":"at+jwt"}`,
		"twice, deeper":   `{"alg":"EdDSA","kid":"k1","typ":"at+jwt","a":{"b":1,"b":1}}`,
		"trailing object": goodHeader + `{}`,
		"trailing NUL":    goodHeader + "\x00",
		"leading BOM":     "\ufeff" + goodHeader,
		"a list":          `["EdDSA","k1","at+jwt"]`,
		"a string":        `"EdDSA"`,
		"null":            `null`,
		"empty":           ``,
		"unclosed":        goodHeader[:len(goodHeader)-1],
		"not UTF-8":       strings.Replace(goodHeader, "k1", "k1\",\"x\":\"\xff", 1),
		"deep":            `{"alg":"EdDSA","kid":"k1","typ":"at+jwt","a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, verifier, f.sign(header, goodClaims))
		})
	}
}

// JWT-03
func TestVerifyTypes(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	types := []string{"at+jwt", "JWT", "logout+jwt", "refresh+jwt"}
	for _, accepted := range types {
		config := verifierConfig(t, f.key)
		config.Type = accepted
		verifier := must(token.NewVerifier(config))(t)
		for _, typ := range types {
			text := f.sign(strings.Replace(goodHeader, "at+jwt", typ, 1), goodClaims)
			if typ != accepted {
				wantRefused(t, verifier, text)
				continue
			}
			if _, err := verifier.Verify(t.Context(), text); err != nil {
				t.Errorf("a verifier of %s refused one: %v", accepted, err)
			}
		}
	}
	for _, prefix := range []string{"application/", "Application/", "APPLICATION/"} {
		text := f.sign(strings.Replace(goodHeader, "at+jwt", prefix+"at+jwt", 1), goodClaims)
		if _, err := newVerifier(t, f.key).Verify(t.Context(), text); err != nil {
			t.Errorf("%sat+jwt is at+jwt (RFC 7515 section 4.1.9), and was refused: %v", prefix, err)
		}
	}
}

func TestVerifyRefusesClaims(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	verifier := newVerifier(t, f.key)
	for name, change := range map[string]struct{ from, to string }{
		// JWT-03
		"iss absent":        {`"iss":"acme.com",`, ``},
		"iss another":       {`acme.com`, `piedpiper.com`},
		"iss with a slash":  {`acme.com`, `acme.com/`},
		"iss a list":        {`"acme.com"`, `["acme.com"]`},
		"sub absent":        {`"sub":"` + userID + `",`, ``},
		"sub empty":         {userID, ``},
		"sub a number":      {`"` + userID + `"`, `1`},
		"aud absent":        {`"aud":"` + applicationID + `",`, ``},
		"aud another":       {applicationID, tenantID},
		"aud in capitals":   {`"aud":"10000000`, `"AUD":"10000000`},
		"aud empty":         {`"` + applicationID + `"`, `[]`},
		"aud two":           {`"` + applicationID + `"`, `["` + applicationID + `","` + tenantID + `"]`},
		"aud nested":        {`"` + applicationID + `"`, `[["` + applicationID + `"]]`},
		"exp absent":        {`"exp":1659384319,`, ``},
		"iat absent":        {`"iat":1659380719,`, ``},
		"jti absent":        {`"jti":"1",`, ``},
		"jti null":          {`"jti":"1"`, `"jti":null`},
		"tid absent":        {`,"tid":"` + tenantID + `"`, ``},
		"roles a string":    {`"jti"`, `"roles":"admin","jti"`},
		"roles of numbers":  {`"jti"`, `"roles":[1],"jti"`},
		"email_verified":    {`"jti"`, `"email_verified":"true","jti"`},
		"amr null":          {`"jti"`, `"amr":null,"jti"`},
		"auth_time a float": {`"jti"`, `"auth_time":1.5,"jti"`},
		// JWT-05
		"exp twice":        {`"exp":1659384319`, `"exp":1,"exp":1659384319`},
		"sub twice":        {`"sub":`, `"sub":"` + tenantID + `","sub":`},
		"sub twice, \\u":   {`"sub":`, `"\u0073ub":"` + tenantID + `","sub":`},
		"twice, deeper":    {`"jti"`, `"x":[{"y":1,"y":2}],"jti"`},
		"trailing object":  {tenantID + `"}`, tenantID + `"}{}`},
		"trailing bracket": {tenantID + `"}`, tenantID + `"}]`},
		"trailing comma":   {tenantID + `"}`, tenantID + `",}`},
		"comment":          {`"jti"`, `/**/"jti"`},
		"not UTF-8":        {`"jti":"1"`, "\"jti\":\"\xc3\x28\""},
		"deep":             {`"jti"`, `"x":` + strings.Repeat(`{"x":`, 40) + `1` + strings.Repeat(`}`, 40) + `,"jti"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(goodClaims, change.from, change.to, 1)
			if changed == goodClaims {
				t.Fatal("the test changes nothing")
			}
			wantRefused(t, verifier, f.sign(goodHeader, changed))
		})
	}
	for _, payload := range []string{"", "null", "1", `"x"`, "[]", "{}", "[" + goodClaims + "]", b64(goodClaims)} {
		wantRefused(t, verifier, f.sign(goodHeader, payload))
	}
}

// JWT-04
func TestVerifyRefusesInstants(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	verifier := newVerifier(t, f.key)
	odd := []string{
		`"1659384319"`, `1659384319.0`, `1.659384319e9`, `1659384319E0`, `1e400`, `-1e400`, `1e30`,
		`-1`, `-0`, `-1659384319`, `9223372036854775807`, `9223372036854775808`, `18446744073709551616`,
		`253402300800`, `1659384319000000000`, `null`, `true`, `[]`, `{}`, `[1659384319]`, `"NaN"`, `NaN`, `Infinity`,
		`0x62E81FBF`, `01659384319`, `+1659384319`, `1_659_384_319`, `""`,
	}
	for _, value := range odd {
		for from, to := range map[string]string{
			`"exp":1659384319`: `"exp":`,
			`"iat":1659380719`: `"iat":`,
			`"jti":"1"`:        `"jti":"1","nbf":`,
		} {
			wantRefused(t, verifier, f.sign(goodHeader, strings.Replace(goodClaims, from, to+value, 1)))
		}
	}
}

// JWT-04
func TestVerifyAtTheEdgesOfTime(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	claims := strings.Replace(goodClaims, `"jti"`, `"nbf":1659380720,"jti"`, 1)
	text := f.sign(goodHeader, claims)
	iat, nbf, exp := time.Unix(1659380719, 0), time.Unix(1659380720, 0), time.Unix(1659384319, 0)
	noNBF := f.sign(goodHeader, goodClaims)
	for _, c := range []struct {
		name   string
		text   string
		at     time.Time
		leeway time.Duration
		want   error
	}{
		{"before iat", noNBF, iat.Add(-1), 0, token.ErrInvalid},
		{"at iat", noNBF, iat, 0, nil},
		{"before iat by the leeway", noNBF, iat.Add(-time.Minute), time.Minute, nil},
		{"before iat by more", noNBF, iat.Add(-time.Minute - 1), time.Minute, token.ErrInvalid},
		{"before nbf", text, nbf.Add(-1), 0, token.ErrInvalid},
		{"at nbf", text, nbf, 0, nil},
		{"before nbf by the leeway", text, nbf.Add(-time.Second), time.Second, nil},
		{"before exp", text, exp.Add(-1), 0, nil},
		{"at exp", text, exp, 0, token.ErrExpired},
		{"after exp", text, exp.Add(time.Hour), 0, token.ErrExpired},
		{"after exp within the leeway", text, exp.Add(time.Minute - 1), time.Minute, nil},
		{"after exp by the leeway", text, exp.Add(time.Minute), time.Minute, token.ErrExpired},
		{"ten years on", text, exp.AddDate(10, 0, 0), time.Minute, token.ErrExpired},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := verifierConfig(t, f.key)
			config.Now, config.Leeway = func() time.Time { return c.at }, c.leeway
			got, err := must(token.NewVerifier(config))(t).Verify(t.Context(), c.text)
			if !errors.Is(err, c.want) {
				t.Errorf("error is %v, want %v", err, c.want)
			}
			if c.want != nil {
				wantZero(t, got)
			}
		})
	}
}

func TestExpiredIsSaidOnlyIfAllElseIsRight(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	verifier := newVerifier(t, f.key)
	old := strings.NewReplacer("1659384319", "1659300001", "1659380719", "1659300000").Replace(goodClaims)
	_, err := verifier.Verify(t.Context(), f.sign(goodHeader, old))
	if !errors.Is(err, token.ErrExpired) || !errors.Is(err, token.ErrInvalid) {
		t.Errorf("error is %v, want ErrExpired, which is an ErrInvalid", err)
	}
	for _, wrong := range []string{
		newForger(t).sign(goodHeader, old),
		f.sign(goodHeader, strings.Replace(old, "acme.com", "piedpiper.com", 1)),
		f.sign(goodHeader, strings.Replace(old, applicationID, tenantID, 1)),
		f.sign(goodHeader, strings.Replace(old, `"jti":"1",`, "", 1)),
	} {
		if _, err := verifier.Verify(t.Context(), wrong); errors.Is(err, token.ErrExpired) {
			t.Error("a token that is wrong besides was called expired")
		}
	}
}

func TestVerifyAudienceAsList(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	listed := strings.Replace(goodClaims, `"`+applicationID+`"`, `["`+applicationID+`"]`, 1)
	got, err := newVerifier(t, f.key).Verify(t.Context(), f.sign(goodHeader, listed))
	if err != nil || got.Audience != applicationID {
		t.Errorf("Verify = %q, %v; want the one audience of the list", got.Audience, err)
	}
}

func TestVerifyAnyAudience(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	config := verifierConfig(t, f.key)
	config.Audiences, config.InsecureAnyAudience = nil, true
	verifier := must(token.NewVerifier(config))(t)
	other := strings.Replace(goodClaims, applicationID, tenantID, 1)
	got, err := verifier.Verify(t.Context(), f.sign(goodHeader, other))
	if err != nil || got.Audience != tenantID {
		t.Errorf("Verify = %q, %v", got.Audience, err)
	}
	wantRefused(t, verifier, f.sign(goodHeader, strings.Replace(goodClaims, `"aud":"`+applicationID+`",`, "", 1)))
}

func TestVerifyKeepsOwnClaims(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	own := strings.Replace(goodClaims, `"jti"`, `"plan":{"seats":9007199254740993,"on":[true,null,"\u00e9\ud83d\ude00"]}, "ISS" : "x","jti"`, 1)
	got, err := newVerifier(t, f.key).Verify(t.Context(), f.sign(goodHeader, own))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"plan": map[string]any{"seats": json.Number("9007199254740993"), "on": []any{true, nil, "é😀"}},
		"ISS":  "x",
	}
	if !reflect.DeepEqual(got.Extra, want) || got.Issuer != issuerName {
		t.Errorf("Extra is %#v, want %#v", got.Extra, want)
	}
}

// JWT-02
func TestVerifyDoesNotTrustItsSource(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	text := f.sign(strings.Replace(goodHeader, "k1", "K1", 1), goodClaims)
	broken := errors.New("connection refused")
	for name, source := range map[string]sourceFunc{
		"another key": func(string) (*token.Key, error) { return f.key, nil },
		"nothing":     func(string) (*token.Key, error) { return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			config := verifierConfig(t, f.key)
			config.Keys = source
			wantRefused(t, must(token.NewVerifier(config))(t), text)
		})
	}
	t.Run("failure", func(t *testing.T) {
		config := verifierConfig(t, f.key)
		config.Keys = sourceFunc(func(string) (*token.Key, error) { return f.key, broken })
		got, err := must(token.NewVerifier(config))(t).Verify(t.Context(), f.sign(goodHeader, goodClaims))
		if !errors.Is(err, broken) || errors.Is(err, token.ErrInvalid) {
			t.Errorf("error is %v, want the source's and not ErrInvalid: the token may be right", err)
		}
		wantZero(t, got)
	})
}

type sourceFunc func(string) (*token.Key, error)

func (f sourceFunc) Key(_ context.Context, id string) (*token.Key, error) { return f(id) }

// TIM-03: among them a leeway outside its bounds.
func TestNewVerifierRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		field  string
		change func(*token.VerifierConfig)
	}{
		"no keys":            {"Keys", func(c *token.VerifierConfig) { c.Keys = nil }},
		"no issuer":          {"Issuer", func(c *token.VerifierConfig) { c.Issuer = "" }},
		"no audience":        {"Audiences", func(c *token.VerifierConfig) { c.Audiences = nil }},
		"empty audience":     {"Audiences", func(c *token.VerifierConfig) { c.Audiences = []string{applicationID, ""} }},
		"any and some":       {"InsecureAnyAudience", func(c *token.VerifierConfig) { c.InsecureAnyAudience = true }},
		"type with a space":  {"Type", func(c *token.VerifierConfig) { c.Type = "at jwt" }},
		"negative leeway":    {"Leeway", func(c *token.VerifierConfig) { c.Leeway = -1 }},
		"leeway over 1 min":  {"Leeway", func(c *token.VerifierConfig) { c.Leeway = time.Minute + 1 }},
		"negative max bytes": {"MaxBytes", func(c *token.VerifierConfig) { c.MaxBytes = -1 }},
		"huge max bytes":     {"MaxBytes", func(c *token.VerifierConfig) { c.MaxBytes = 1 << 20 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := verifierConfig(t, testKey(t, token.EdDSA))
			c.change(&config)
			v, err := token.NewVerifier(config)
			wantConfigError(t, v, err, c.field)
		})
	}
}
