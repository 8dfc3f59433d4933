package integration_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
)

// requestsOfAVisitor is about how many each makes.
const requestsOfAVisitor = 80

// visitor is a client with connections of its own: a person who logs in by every
// way there is, and in between sends what nobody should.
type visitor struct {
	*rain
	client http.Client
	number int64
	email  string
	ahead  time.Duration // of the server's clock
	seen   []string      // texts of earlier answers
}

func newVisitor(r *rain, ahead time.Duration) *visitor {
	v := &visitor{rain: r, number: r.visitor.Add(1), ahead: ahead}
	v.email = r.people[int(v.number)%len(r.people)]
	// Each comes from an address of its own, since starts are counted by it.
	from := &net.TCPAddr{IP: net.IPv4(127, 1+byte(v.number>>16)%100, byte(v.number>>8), 1+byte(v.number)%254)}
	v.client = http.Client{
		Timeout: time.Minute,
		Transport: &http.Transport{
			DialContext:       (&net.Dialer{LocalAddr: from}).DialContext,
			DisableKeepAlives: v.number%4 == 0, // a connection for each request
		},
	}
	return v
}

// visit does everything once or more, and leaves.
func (v *visitor) visit() {
	defer v.client.CloseIdleConnections()
	for _, honest := range []func(){v.byKey, v.posted, v.afterAMistake, v.public, v.authn, v.account, v.secondStep, v.look} {
		honest()
		for range 6 {
			v.stray()
		}
	}
}

// byKey logs in as a service does, and signs out.
func (v *visitor) byKey() {
	login := v.begin(v.email)
	in := v.must(200, "POST", "/api/passwordless/login", login.body())
	refreshed := v.must(200, "POST", "/api/jwt/refresh", encoded("refreshToken", in["refreshToken"]))
	v.must(200, "GET", "/api/jwt/validate", "", "Authorization", "Bearer "+refreshed.text("token"))
	user, _ := in["user"].(map[string]any)
	v.must(200, "GET", "/api/jwt/refresh?userId="+answer(user).text("id"), "", "Authorization", serverKey)
	v.must(200, "POST", "/api/logout", encoded("refreshToken", refreshed["refreshToken"]))
}

// posted has the code sent, which ends the one that the service was told.
func (v *visitor) posted() {
	login := v.begin(v.email)
	v.must(200, "POST", "/api/passwordless/send", encoded("code", login["code"]))
	v.must(404, "POST", "/api/passwordless/login", login.body())
}

func (v *visitor) afterAMistake() {
	login := v.begin(v.email)
	wrong := "000000"
	if login.text("oneTimeCode") == wrong {
		wrong = "111111"
	}
	v.must(404, "POST", "/api/passwordless/login", encoded("code", login["code"], "oneTimeCode", wrong))
	v.must(200, "POST", "/api/passwordless/login", login.body())
	v.must(404, "POST", "/api/passwordless/login", login.body())
}

// public begins a login as a browser does, whose cookies it keeps.
func (v *visitor) public() {
	status, _, header := v.ask("POST", "/public/passwordless/start",
		encoded("applicationId", soakApplication, "loginId", v.email, "loginStrategy", "FormField"), "Content-Type", "application/json")
	if status != 200 {
		v.fault("public start: %d", status)
		return
	}
	var cookies []string
	for _, set := range header.Values("Set-Cookie") {
		one, _, _ := strings.Cut(set, ";")
		cookies = append(cookies, one)
	}
	cookie := strings.Join(cookies, "; ")
	v.must(200, "POST", "/public/passwordless/peek", "{}", "Cookie", cookie)
	v.must(429, "POST", "/public/passwordless/send", "{}", "Cookie", cookie)
	v.must(404, "POST", "/public/passwordless/login", encoded("oneTimeCode", "no"), "Cookie", cookie)
}

func (v *visitor) authn() {
	login := v.begin(v.email)
	basic := base64.StdEncoding.EncodeToString([]byte(login.text("code") + ":" + login.text("oneTimeCode")))
	in := v.must(200, "POST", "/authn/auth", "", "Authorization", "Basic "+basic)
	v.must(200, "GET", "/authn/auth/access-token", "", "Access-Token", in.text("accessToken"))
	v.must(200, "GET", "/authn/auth/api-keys", "", "Access-Token", in.text("accessToken"))
}

func (v *visitor) account() {
	in := v.must(200, "POST", "/account/auth/login", v.begin(v.email).body())
	v.must(400, "GET", "/account/auth/otp/code?method=TOTP", "", "Authorization", "Bearer "+in.text("idToken"))
	v.must(200, "POST", "/account/auth/login/refresh", encoded("refreshToken", in["refreshToken"]))
}

// secondStep takes the second step, if nobody else has just now: a code is good once.
func (v *visitor) secondStep() {
	first := v.must(242, "POST", "/api/passwordless/login", v.begin(v.careful[int(v.number)%len(v.careful)]).body())
	code, err := totp.GenerateCode(soakSecret, time.Now().Add(v.ahead))
	if err != nil {
		v.fault("%v", err)
	}
	status, _, _ := v.ask("POST", "/api/two-factor/login", encoded("twoFactorId", first["twoFactorId"], "code", code), "Content-Type", "application/json")
	if status != 200 && status != 421 && status != 429 {
		v.fault("second step: %d", status)
	}
}

func (v *visitor) look() {
	for _, path := range []string{"/.well-known/jwks.json", "/api/jwt/public-key", "/health", "/metrics", "/login"} {
		if status, _, _ := v.ask("GET", path, ""); status != 200 {
			v.fault("%s: %d", path, status)
		}
	}
}

// answer is a JSON object that was answered, or is to be sent.
type answer map[string]any

func (a answer) text(name string) string {
	text, _ := a[name].(string)
	return text
}

func (a answer) body() string {
	text, _ := json.Marshal(a)
	return string(text)
}

func encoded(pairs ...any) string {
	a := answer{}
	for i := 0; i < len(pairs); i += 2 {
		a[pairs[i].(string)] = pairs[i+1]
	}
	return a.body()
}

// begin starts a login with the API key, and returns what completes it.
func (v *visitor) begin(email string) answer {
	started := v.must(200, "POST", "/api/passwordless/start",
		encoded("applicationId", soakApplication, "loginId", email, "loginStrategy", "FormField"), "Authorization", serverKey)
	started["applicationId"] = soakApplication
	return started
}

// must asks for what must have that status.
func (v *visitor) must(status int, method, path, body string, headers ...string) answer {
	if body != "" {
		headers = append(headers, "Content-Type", "application/json")
	}
	got, text, _ := v.ask(method, path, body, headers...)
	if got != status {
		path, _, _ := strings.Cut(path, "?")
		v.fault("%s %s: %d %.200s, want %d", method, path, got, text, status)
	}
	members := answer{}
	_ = json.Unmarshal(text, &members)
	return members
}

// ask sends a request; a status of zero means that there was no answer.
func (v *visitor) ask(method, path, body string, headers ...string) (int, []byte, http.Header) {
	v.sent.Add(1)
	r, err := http.NewRequest(method, v.server.url+path, strings.NewReader(body))
	if err != nil {
		v.fault("%s: %v", method, err)
		return 0, nil, nil
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got, err := v.client.Do(r)
	if err != nil {
		v.note(0)
		return 0, nil, nil
	}
	defer got.Body.Close()
	text, _ := io.ReadAll(got.Body)
	v.note(got.StatusCode)
	v.failed(method, path, got.StatusCode, text)
	v.remember(text)
	return got.StatusCode, text, got.Header
}

func (v *visitor) failed(method, path string, status int, text []byte) {
	if status >= 500 {
		v.fault("%s %s: %d %.200s", method, path, status, text)
	}
}

var quoted = regexp.MustCompile(`"([^"\\]{4,})"`)

// remember keeps some texts of an answer, to be sent where they do not belong.
func (v *visitor) remember(text []byte) {
	const most = 40
	for _, m := range quoted.FindAllSubmatch(text, most) {
		v.seen = append(v.seen, string(m[1]))
	}
	v.seen = v.seen[max(0, len(v.seen)-most):]
}

// oneOf is any of several.
func oneOf[T any](all ...T) T { return all[mathrand.N(len(all))] }

// something is a text that may be right for something.
func (v *visitor) something() string {
	if len(v.seen) > 0 && mathrand.N(2) == 0 {
		return oneOf(v.seen...)
	}
	return oneOf("", "x", "000000", "jared+locked@piedpiper.com", "jared+unverified@piedpiper.com", "nobody@piedpiper.com", "+13035551212",
		soakApplication, "00000000-0000-0001-0000-000000000001", "email", "sms", "authenticator", "TOTP", "\x00", "\ufffd", rand.Text())
}

var names = []string{
	"code", "oneTimeCode", "twoFactorId", "twoFactorTrustId", "loginId", "applicationId", "method", "methodId", "email", "mobilePhone",
	"refreshToken", "userId", "verificationId", "changePasswordId", "password", "stateToken", "passCode", "channel", "phone", "secret",
	"oneTimePassword", "loginStrategy", "name", "status",
}

func (v *visitor) strayBody() string {
	a := answer{}
	for range mathrand.N(6) {
		a[oneOf(names...)] = v.something()
	}
	if mathrand.N(8) == 0 {
		a[oneOf(names...)] = oneOf[any](1, true, nil, []int{}, answer{})
	}
	return a.body()
}

// strayPath is the path of an operation, with ids and a query.
func (v *visitor) strayPath(o operation) string {
	path := o.path
	for {
		before, rest, ok := strings.Cut(path, "{")
		if !ok {
			break
		}
		_, after, _ := strings.Cut(rest, "}")
		path = before + url.PathEscape(v.something()+"x") + after
	}
	if mathrand.N(3) == 0 {
		path += "?" + oneOf(names...) + "=" + url.QueryEscape(v.something())
	}
	return path
}

func (v *visitor) strayHeaders() []string {
	h := []string{"Content-Type", "application/json"}
	switch mathrand.N(6) {
	case 0:
	case 1:
		h = append(h, "Authorization", "Bearer "+v.something())
	case 2:
		h = append(h, "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(v.something()+":"+v.something())))
	case 3:
		h = append(h, oneOf("Api-Key", "Access-Token", "X-Otp", "X-FusionAuth-TenantId"), strings.Map(printable, v.something()))
	default:
		h = append(h, "Authorization", serverKey)
	}
	return h
}

func printable(c rune) rune {
	if c < ' ' || c > '~' {
		return -1
	}
	return c
}

// stray sends what nobody should, to any operation.
func (v *visitor) stray() {
	o := oneOf(v.operations...)
	path, body, headers := v.strayPath(o), v.strayBody(), v.strayHeaders()
	switch mathrand.N(14) {
	case 0:
		body = body[:len(body)/2]
	case 1:
		body = `{"code":"` + strings.Repeat("x", 70<<10) + `"}`
	case 2:
		body = strings.Repeat(`{"a":`, 5000)
	case 3:
		o.method = oneOf("HEAD", "OPTIONS", "PUT", "TRACE", "PROPFIND")
	case 4:
		headers = append(headers, oneOf("Origin", "Sec-Fetch-Site"), oneOf("https://example.com", "cross-site", "null"))
	case 5:
		headers = append(headers, "Content-Type", oneOf("text/plain", "application/x-www-form-urlencoded", "?"))
	case 6:
		path = oneOf("//", "/api/../..", "/api", "/%00", "/x?"+strings.Repeat("y", 9000), "/authn", "/account/")
		v.ask(o.method, path, body, headers...)
		return
	case 7:
		headers = append(headers, "X-Long", strings.Repeat("x", 60<<10))
	case 8, 9:
		v.raw(o, path, fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body)+1+mathrand.N(1000), body), headers)
		return
	case 10:
		v.raw(o, path, oneOf("Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a", "Content-Length: x\r\n\r\n", "X: "+strings.Repeat("x", 100)), headers)
		return
	}
	if status, _, _ := v.ask(o.method, path, body, headers...); status != 0 {
		v.reached(o)
	}
}

// raw sends the beginning of a request on a connection of its own, says that
// there is no more, or simply goes.
func (v *visitor) raw(o operation, path, rest string, headers []string) {
	v.sent.Add(1)
	c, err := net.Dial("tcp", strings.TrimPrefix(v.server.url, "http://"))
	if err != nil {
		v.fault("%v", err)
		return
	}
	defer c.Close()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: www.piedpiper.com\r\n", o.method, path)
	for i := 0; i < len(headers); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", headers[i], headers[i+1])
	}
	b.WriteString(rest)
	if _, err := c.Write(b.Bytes()); err != nil || mathrand.N(2) == 0 {
		v.note(0)
		return
	}
	_ = c.(*net.TCPConn).CloseWrite()
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	got, err := http.ReadResponse(bufio.NewReader(c), nil)
	switch {
	case err == nil:
		defer got.Body.Close()
		if got.StatusCode == http.StatusServiceUnavailable { // the server took it to be gone
			v.note(0)
			return
		}
		v.note(got.StatusCode)
		text, _ := io.ReadAll(got.Body)
		v.failed(o.method, path, got.StatusCode, text)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		v.note(0)
	default:
		var late net.Error
		if errors.As(err, &late) && late.Timeout() {
			v.fault("half of %s %s was not given up", o.method, o.path)
		}
	}
}
