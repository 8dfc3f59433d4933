package messenger_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func newLinks(t testing.TB, base string) *messenger.Links {
	t.Helper()
	links, err := messenger.NewLinks(messenger.LinkConfig{Base: base})
	if err != nil {
		t.Fatalf("NewLinks(%q): %v", base, err)
	}
	return links
}

// S3-27
func TestLinks(t *testing.T) {
	t.Parallel()
	tenant := url.Values{"tenantId": {"f24aca2b-ce4a-4dad-951a-c9d690e71415"}}
	for _, c := range []struct {
		base, code, oneTimeCode string
		extra                   url.Values
		want                    string
	}{
		{"https://www.piedpiper.com", "abc", "", nil, "https://www.piedpiper.com?code=abc"},
		{"https://www.piedpiper.com/login", "abc", "", nil, "https://www.piedpiper.com/login?code=abc"},
		{"https://www.piedpiper.com/login", "abc", "012345", nil, "https://www.piedpiper.com/login?code=abc&oneTimeCode=012345"},
		{"https://www.piedpiper.com/login?next=%2Fhome", "abc", "", nil, "https://www.piedpiper.com/login?next=%2Fhome&code=abc"},
		{"https://www.piedpiper.com/login?", "abc", "", nil, "https://www.piedpiper.com/login?code=abc"},
		{"https://www.piedpiper.com/login#top", "abc", "", nil, "https://www.piedpiper.com/login?code=abc#top"},
		{"https://www.piedpiper.com/oauth2/passwordless/{code}", "abc", "", tenant, "https://www.piedpiper.com/oauth2/passwordless/abc?tenantId=f24aca2b-ce4a-4dad-951a-c9d690e71415"},
		{"https://www.piedpiper.com/{code}/{oneTimeCode}", "abc", "012345", nil, "https://www.piedpiper.com/abc/012345"},
		{"https://www.piedpiper.com/login?c={code}", "abc", "", nil, "https://www.piedpiper.com/login?c=abc"},
		{"https://www.piedpiper.com/login#code={code}", "abc", "", tenant, "https://www.piedpiper.com/login?tenantId=f24aca2b-ce4a-4dad-951a-c9d690e71415#code=abc"},
		{"https://www.piedpiper.com/{code}", "a/b?c#d&e f+%{oneTimeCode}", "", nil, "https://www.piedpiper.com/a%2Fb%3Fc%23d%26e%20f%2B%25%7BoneTimeCode%7D"},
		{"https://www.piedpiper.com/login?tenantId=ours", "abc", "", tenant, "https://www.piedpiper.com/login?tenantId=ours&code=abc"},
		{"https://www.piedpiper.com/login", "abc", "", url.Values{"code": {"evil"}, "oneTimeCode": {"evil"}}, "https://www.piedpiper.com/login?code=abc"},
		{"http://localhost:8080/login", "abc", "", nil, "http://localhost:8080/login?code=abc"},
		{"http://app.localhost/login", "abc", "", nil, "http://app.localhost/login?code=abc"},
		{"http://127.0.0.2/login", "abc", "", nil, "http://127.0.0.2/login?code=abc"},
		{"http://[::1]:8080/login", "abc", "", nil, "http://[::1]:8080/login?code=abc"},
	} {
		got := newLinks(t, c.base).URL(secret.New(c.code), secret.New(c.oneTimeCode), c.extra)
		if got.Reveal() != c.want {
			t.Errorf("base %s: got %s, want %s", c.base, got.Reveal(), c.want)
		}
	}
}

// SEC-18
func TestNewLinksRefuses(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"", "/login", "//www.piedpiper.com/login", "www.piedpiper.com/login", "https:///login", "https:login", "https://",
		"http://www.piedpiper.com/login", "http://127.0.0.1.evil.example/", "http://10.0.0.1/", "http://localhost.evil.example/",
		"ftp://www.piedpiper.com/", "javascript:alert(1)", "https://jared:secret@www.piedpiper.com/",
		"https://{code}.piedpiper.com/", "https://www.piedpiper.com:{code}/", "https://{code}@piedpiper.com/",
		"https://www.piedpiper.com/{token}", "https://www.piedpiper.com/{code", "https://www.piedpiper.com/ login",
		"https://www.piedpiper.com/\r\nHost: evil", "https://www.piedpiper.com\\@evil.example/", "https://www.piedpiper.com/%zz",
		"https://www.piedpiper.com/?code=fixed", "https://www.piedpiper.com/?oneTimeCode=fixed", "https://www.piedpiper.com/?a=%zz", "https://www.piedpiper.com/?a;b",
	} {
		_, err := messenger.NewLinks(messenger.LinkConfig{Base: base})
		wantFieldError(t, err, "Base")
	}
	if _, err := messenger.NewLinks(messenger.LinkConfig{Base: "http://www.piedpiper.com/login", InsecureHTTP: true}); err != nil {
		t.Errorf("InsecureHTTP: %v", err)
	}
	if _, err := messenger.NewLinks(messenger.LinkConfig{Base: "ftp://www.piedpiper.com/login", InsecureHTTP: true}); err == nil {
		t.Error("InsecureHTTP allows ftp")
	}
}

// SEC-18
func FuzzLinksKeepTheirHost(f *testing.F) {
	f.Add("abc", "012345", "tenantId", "f24aca2b-ce4a-4dad-951a-c9d690e71415")
	f.Add("@evil.example/", "//evil.example", "redirect", "https://evil.example")
	f.Add("../../..", "{code}", "code", "\r\nHost: evil.example")
	f.Fuzz(func(t *testing.T, code, oneTimeCode, name, value string) {
		for base, path := range map[string]string{
			"https://www.piedpiper.com/login?a=b#c":   "/login",
			"https://www.piedpiper.com/login/{code}":  "/login/" + code,
			"https://www.piedpiper.com/#code={code}":  "/",
			"https://www.piedpiper.com/?x={code}&y=z": "/",
		} {
			link := newLinks(t, base).URL(secret.New(code), secret.New(oneTimeCode), url.Values{name: {value}}).Reveal()
			parsed, err := url.Parse(link)
			if err != nil {
				t.Fatalf("base %s: %v", base, err)
			}
			if parsed.Scheme != "https" || parsed.Host != "www.piedpiper.com" || parsed.User != nil || parsed.Path != path {
				t.Errorf("base %s leads to %s", base, link)
			}
			query := parsed.Query()
			if !strings.Contains(base, "{code}") && query.Get("code") != code {
				t.Errorf("base %s carries code %q, want %q", base, query.Get("code"), code)
			}
			if query.Get("oneTimeCode") != oneTimeCode || len(query["code"]) > 1 || len(query["oneTimeCode"]) > 1 {
				t.Errorf("base %s: query %v", base, query)
			}
		}
	})
}

func FuzzNewLinks(f *testing.F) {
	for _, base := range []string{"https://www.piedpiper.com/login", "https://a.b/{code}?x=#{oneTimeCode}", "http://localhost", "https://a@b/", "https://\\"} {
		f.Add(base)
	}
	f.Fuzz(func(t *testing.T, base string) {
		links, err := messenger.NewLinks(messenger.LinkConfig{Base: base})
		if err != nil {
			return
		}
		want, err := url.Parse(strings.NewReplacer("{code}", "", "{oneTimeCode}", "").Replace(base))
		if err != nil {
			t.Fatalf("accepted a base that does not parse: %v", err)
		}
		got, err := url.Parse(links.URL(secret.New("abc"), secret.New("012345"), nil).Reveal())
		if err != nil || got.Host != want.Host || got.Scheme != want.Scheme {
			t.Errorf("base %q leads to %v, %v", base, got, err)
		}
		if got.Scheme == "http" && got.Hostname() != "localhost" && !strings.HasSuffix(got.Hostname(), ".localhost") && !strings.HasPrefix(got.Hostname(), "127.") && !strings.Contains(got.Hostname(), ":") {
			t.Errorf("base %q is http", base)
		}
	})
}
