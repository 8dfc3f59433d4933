package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/httpapi"
	"github.com/gatehouse-go/gatehouse/httpapi/internal/wiretest"
)

// known are the statuses that the API answers with while nothing is broken.
var known = []int{200, 202, 203, 212, 213, 242, 400, 401, 403, 404, 405, 409, 410, 413, 415, 421, 423, 429}

// FuzzHandlers has every endpoint read any bytes: in an id, the query, a header
// and the body. LIVE in them is a code that somebody was sent.
//
// ROB-01
func FuzzHandlers(f *testing.F) {
	for _, body := range []string{
		"", "{}", startBody, formBody, `{"code":"LIVE"}`, `{"code":"LIVE","oneTimeCode":"123456"}`,
		`{"twoFactorId":"LIVE","code":"123456","trustComputer":true}`, `{"code":"35VW.123456","twoFactorId":"LIVE"}`,
		`{"method":"authenticator","secret":"AAAA","code":"123456","twoFactorId":"LIVE"}`, `{"method":"email","email":"a@b.example"}`,
		`{"refreshToken":"LIVE","timeToLiveInSeconds":-1}`, `{"verificationId":"LIVE","oneTimeCode":"ABCDEF"}`,
		`{"changePasswordId":"LIVE","password":"piper-net-3000"}`, `{"code":"LIVE","metaData":{"device":{"type":"TV"}},"eventInfo":{"ipAddress":"::1"}}`,
		`{"twoFactorId":"step-up.LIVE","code":"123456"}`, `{"loginId":"LIVE","loginIdType":"email","trustChallenge":"LIVE","action":"stepUp"}`,
		`{"email":"jared@piedpiper.com","verificationId":"LIVE"}`, `{"code":1}`, `[{"code":"LIVE"}]`, `{"state":{"a":{"a":{"a":{}}}}}`, "\xff\xfe", `{"code":"LIVE"`,
	} {
		for route := range uint8(4) {
			f.Add(route*7, "LIVE", "userId=x&token=LIVE&global=true", "X-Forwarded-For", "203.0.113.7", []byte(body))
		}
	}
	f.Add(uint8(9), "..", "%zz;", "Cookie", "fusionauth.trust=LIVE; refresh_token=LIVE; access_token=a.b.c", []byte(`{}`))
	f.Add(uint8(3), "", "", "Content-Type", "text/plain", []byte(`code=LIVE`))
	f.Add(uint8(5), "x", "kid=x", "X-FusionAuth-TenantId", "\x00", []byte(`{}`))
	f.Fuzz(func(t *testing.T, route uint8, id, query, header, value string, body []byte) {
		b := open(t)
		b.Config.Login = b.Login()
		b.Config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		api, err := httpapi.New(b.Config)
		b.must(err)
		live := b.Form().Code.Reveal()
		alive := func(s string) string { return strings.ReplaceAll(s, "LIVE", live) }
		at := api.Routes()[int(route)%len(api.Routes())]
		open, end := strings.Index(at.Path, "{"), strings.Index(at.Path, "}")
		path := at.Path
		if open >= 0 {
			path = path[:open] + url.PathEscape(alive(id)) + path[end+1:]
		}
		r := httptest.NewRequest(at.Method, "/", strings.NewReader(alive(string(body))))
		r.URL.Path, r.URL.RawQuery = path, alive(query)
		if p, err := url.PathUnescape(path); err == nil {
			r.URL.Path, r.URL.RawPath = p, path
		}
		if at.Access == httpapi.Key || route > 127 {
			r.Header.Set("Authorization", apiKey)
		}
		r.Header.Set(header, alive(value))
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		judge(t, b, w)
	})
}

func judge(t *testing.T, b *bench, w *httptest.ResponseRecorder) {
	t.Helper()
	if errs := b.Errs(); len(errs) > 0 {
		t.Fatalf("%d, with %v", w.Code, errs)
	}
	if !slices.Contains(known, w.Code) {
		t.Errorf("status %d", w.Code)
	}
	if body := w.Body.Bytes(); len(body) > 0 && (!json.Valid(body) || w.Header().Get("Content-Type") != "application/json") {
		t.Errorf("%d: the body is not JSON, or does not say so", w.Code)
	}
	for name, values := range w.Header() {
		for _, v := range values {
			if strings.ContainsAny(name+v, "\r\n") {
				t.Errorf("%s breaks the line", http.CanonicalHeaderKey(name))
			}
		}
	}
}

// FuzzRequests has the API and its public endpoints read requests of any bytes,
// and fail at none.
//
// ROB-01
func FuzzRequests(f *testing.F) {
	wiretest.FuzzRequests(f, "testdata/transcripts/*.txt", func(t *testing.T) (http.Handler, wiretest.Alive) {
		b := open(t)
		in := b.login()
		login := b.Form()
		return b.API(), strings.NewReplacer(
			"$secret", login.Code.Reveal(), "$otp", login.OneTimeCode.Reveal(),
			"$jwt", in.text("token"), "$refreshToken", in.text("refreshToken"), "$uuid", in.text("refreshTokenId"))
	})
}
