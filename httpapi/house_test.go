package httpapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-go/gatehouse/httpapi"
	"github.com/gatehouse-go/gatehouse/httpapi/internal/wiretest"
	"github.com/gatehouse-go/gatehouse/internal/logintest"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/token"
)

const (
	apiKey       = "this-is-an-api-key-of-forty-characters-!"
	lockedAPIKey = "this-is-an-api-key-for-one-tenant-alone!"
	narrowAPIKey = "this-is-an-api-key-for-start-and-no-more"
	otherTenant  = "00000000-0000-0003-0000-000000000000"
	jsonType     = "Content-Type: application/json"
	withKey      = "Authorization: " + apiKey
)

// bench is an API on a server, over the house of the login's own tests.
type bench struct {
	*logintest.House
	Config httpapi.Config

	once   sync.Once
	api    *httpapi.API
	server *httptest.Server

	mu         sync.Mutex
	errs       []error
	transcript strings.Builder
}

func open(t *testing.T) *bench {
	t.Helper()
	m := memstore.New()
	b := &bench{House: logintest.Open(t, logintest.Backend{Store: store.Of(m), Put: m.Put})}
	b.Application.LoginConfiguration.AllowTokenRefresh = true
	keys, err := httpapi.StaticKeys(
		httpapi.APIKey{Key: secret.New(apiKey)},
		httpapi.APIKey{Key: secret.New(lockedAPIKey), TenantID: logintest.TenantID},
		httpapi.APIKey{Key: secret.New(narrowAPIKey), Endpoints: map[string][]string{"/api/passwordless/start": {"POST"}}},
	)
	b.must(err)
	verifier, err := token.NewVerifier(token.VerifierConfig{
		Keys: b.Keys, Issuer: b.Tenant.Issuer, Audiences: []string{logintest.ApplicationID}, Now: b.Now,
	})
	b.must(err)
	b.Config = httpapi.Config{
		APIKeys: keys, Verifier: verifier, Keys: b.Keys, Public: true,
		Issuer: b.Tenant.Issuer, BaseURL: "https://www.piedpiper.com",
		DefaultApplicationID: logintest.ApplicationID,
		Errors:               b.broke,
	}
	return b
}

func (b *bench) must(err error) {
	b.T.Helper()
	if err != nil {
		b.T.Fatal(err)
	}
}

func (b *bench) broke(_ *http.Request, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.errs = append(b.errs, err)
}

// Errs are the errors that were reported so far.
func (b *bench) Errs() []error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.errs)
}

// API is the API, made on first use of what is configured by then.
func (b *bench) API() *httpapi.API {
	b.T.Helper()
	b.once.Do(func() {
		b.Config.Login = b.Login()
		var err error
		b.api, err = httpapi.New(b.Config)
		b.must(err)
		b.server = httptest.NewServer(b.api)
		b.T.Cleanup(b.server.Close)
	})
	return b.api
}

// answer is what came back over the wire.
type answer struct {
	*http.Response
	body string
}

// text is a string member of the body.
func (a answer) text(name string) string {
	var members map[string]any
	_ = json.Unmarshal([]byte(a.body), &members)
	text, _ := members[name].(string)
	return text
}

// cookie is the value that a cookie was set to, or empty.
func (a answer) cookie(name string) string {
	for _, c := range a.Cookies() {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// call sends a request, byte for byte, and reads the whole answer.
func (b *bench) call(line, body string, headers ...string) answer {
	b.T.Helper()
	a, _, _ := b.exchange(line, body, headers)
	return a
}

// post is call for a JSON body.
func (b *bench) post(path, body string, headers ...string) answer {
	b.T.Helper()
	return b.call("POST "+path, body, append(headers, jsonType)...)
}

func (b *bench) exchange(line, body string, headers []string) (a answer, request, response string) {
	b.T.Helper()
	b.API()
	request = line + " HTTP/1.1\r\nHost: www.piedpiper.com\r\nConnection: close\r\n"
	for _, h := range headers {
		request += h + "\r\n"
	}
	if body != "" || strings.HasPrefix(line, "POST") {
		request += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	request += "\r\n" + body
	conn, err := net.Dial("tcp", b.server.Listener.Addr().String())
	b.must(err)
	defer conn.Close()
	_, err = io.WriteString(conn, request)
	b.must(err)
	raw, err := io.ReadAll(conn)
	b.must(err)
	method, _, _ := strings.Cut(line, " ")
	got, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), &http.Request{Method: method})
	b.must(err)
	content, err := io.ReadAll(got.Body)
	b.must(err)
	b.lawful(line, got, string(content))
	return answer{Response: got, body: string(content)}, request, string(raw)
}

// lawful holds every answer of every test to what all answers have in common.
//
// SEC-19 S3-55
func (b *bench) lawful(line string, got *http.Response, body string) {
	b.T.Helper()
	contentType := got.Header.Values("Content-Type")
	head := strings.HasPrefix(line, "HEAD")
	switch {
	case body == "" && !head && (len(contentType) > 0 || got.ContentLength != 0):
		b.T.Errorf("%s: %d: an empty body with Content-Type %q, Content-Length %d", line, got.StatusCode, contentType, got.ContentLength)
	case body != "" && (len(contentType) != 1 || contentType[0] != "application/json"):
		b.T.Errorf("%s: %d: Content-Type %q, want application/json", line, got.StatusCode, contentType)
	case body != "" && !json.Valid([]byte(body)):
		b.T.Errorf("%s: %d: the body is not JSON", line, got.StatusCode)
	}
	cache := got.Header.Get("Cache-Control")
	if cache != "no-store" && !strings.Contains(line, "jwks.json") || got.Header.Get("Referrer-Policy") != "no-referrer" {
		b.T.Errorf("%s: %d: Cache-Control %q, Referrer-Policy %q", line, got.StatusCode, cache, got.Header.Get("Referrer-Policy"))
	}
	for name := range got.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			b.T.Errorf("%s: %d: %s opens the API to other origins", line, got.StatusCode, name)
		}
	}
}

// show is call, for the transcript; the answer must have that status.
func (b *bench) show(want int, title, line, body string, headers ...string) answer {
	b.T.Helper()
	if strings.HasPrefix(line, "POST") || body != "" {
		headers = append(headers, jsonType)
	}
	a, request, response := b.exchange(line, body, headers)
	if a.StatusCode != want {
		b.T.Errorf("%s: %s: status %d, want %d: %s", title, line, a.StatusCode, want, a.body)
	}
	fmt.Fprintf(&b.transcript, "=== %d %s\n\n%s\n\n%s\n\n", want, title, tidy(request), tidy(response))
	return a
}

// volatile is what differs from run to run, by what stands for it.
var volatile = map[string]*regexp.Regexp{
	"B-\"oneTimeCode\":\"$otp\"": regexp.MustCompile(`"oneTimeCode":"[0-9A-Z]{6}"`),
	"A-$id.$secret":              regexp.MustCompile(`\b[0-9A-Z]{4}\.[\w-]{43}`),
	"a-$jwt":                     regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`),
	"b-$refreshToken":            regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}\.\d+\.[\w-]{43}`),
	"c-$trust":                   regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}\.[\w-]{43}`),
	"d-$secret":                  regexp.MustCompile(`[\w-]{43}=?`),
	"e-$recoveryCode":            regexp.MustCompile(`\b[0-9A-Z]{5}(-[0-9A-Z]{4,5}){1,3}\b`),
	"f-$date":                    regexp.MustCompile(`\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT`),
	"g-$otp":                     regexp.MustCompile(`\b\d{6}\b`),
	"h-$base32":                  regexp.MustCompile(`\b[A-Z2-7]{32}\b`),
	"i-$base64":                  regexp.MustCompile(`[A-Za-z0-9+/]{27}=`),
	"j-$pem":                     regexp.MustCompile(`-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----`),
	"k-\"id\":\"$id\"":           regexp.MustCompile(`"id":"[0-9A-Z]{4}"`),
	"l-\"methodId\":\"$id\"":     regexp.MustCompile(`"methodId":"[0-9A-Z]{4}"`),
	"m-methodId=$id":             regexp.MustCompile(`methodId=[0-9A-Z]{4}`),
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// tidy makes bytes from the wire the same in every run, and fit to be read.
func tidy(wire string) string {
	wire = strings.ReplaceAll(wire, "\r\n", "\n")
	for _, name := range slices.Sorted(maps.Keys(volatile)) {
		wire = volatile[name].ReplaceAllLiteralString(wire, name[2:])
	}
	wire = uuids.ReplaceAllStringFunc(wire, func(id string) string {
		known := []string{logintest.TenantID, logintest.ApplicationID, logintest.UserID, otherTenant, "00000000-0000-0002-0000-000000000000"}
		if slices.Contains(known, id) {
			return id
		}
		return "$uuid"
	})
	lines := slices.DeleteFunc(strings.Split(wire, "\n"), func(l string) bool {
		return strings.HasPrefix(l, "Date: ") || strings.HasPrefix(l, "Content-Length: ") && l != "Content-Length: 0" ||
			l == "Connection: close"
	})
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// golden compares what was shown with the transcript of that name.
func (b *bench) golden(name string) {
	b.T.Helper()
	wiretest.Golden(b.T, filepath.Join("testdata", "transcripts", name+".txt"), b.transcript.String())
}

// whoOf is the sample user, as their sessions are asked for.
func whoOf() session.Who {
	return session.Who{TenantID: logintest.TenantID, UserID: logintest.UserID}
}
