package httpapi_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/internal/logintest"
)

// address is what the latest login of the sample user has recorded.
func (b *bench) address() string {
	b.T.Helper()
	logins, err := b.Login().Sessions().Logins(b.T.Context(), whoOf(), time.Time{}, 1)
	b.must(err)
	if len(logins) == 0 {
		b.T.Fatal("no login was recorded")
	}
	return logins[0].IP
}

// S3-61 S3-62 S3-63 S3-70 LIM-09
func TestClientAddress(t *testing.T) {
	t.Parallel()
	const forwarded = "X-Forwarded-For: "
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		name, body string
		trusted    []netip.Prefix
		headers    []string
		want       string
	}{
		{"neither", "", loopback, nil, "127.0.0.1"},
		{"header", "", loopback, []string{forwarded + "203.0.113.7"}, "203.0.113.7"},
		{"body", `,"ipAddress":"198.51.100.9"`, loopback, nil, "198.51.100.9"},
		{"both", `,"ipAddress":"198.51.100.9"`, loopback, []string{forwarded + "203.0.113.7"}, "198.51.100.9"},
		{"event info", `,"eventInfo":{"ipAddress":"198.51.100.9"}`, loopback, []string{forwarded + "203.0.113.7"}, "198.51.100.9"},
		{"nobody is trusted", "", nil, []string{forwarded + "203.0.113.7"}, "127.0.0.1"},
		{"what the client says itself", "", loopback, []string{forwarded + "192.0.2.1, 203.0.113.7"}, "203.0.113.7"},
		{"through two proxies", "", loopback, []string{forwarded + "192.0.2.1, 203.0.113.7, 10.0.0.9"}, "203.0.113.7"},
		{"in two headers", "", loopback, []string{forwarded + "203.0.113.7", forwarded + "10.0.0.9"}, "203.0.113.7"},
		{"with a port", "", loopback, []string{forwarded + "203.0.113.7:4711"}, "203.0.113.7"},
		{"IPv6", "", loopback, []string{forwarded + "[2001:db8::1]:4711"}, "2001:db8::1"},
		{"IPv4 in IPv6", "", loopback, []string{forwarded + "::ffff:203.0.113.7"}, "203.0.113.7"},
		{"nonsense", "", loopback, []string{forwarded + "203.0.113.7, nonsense"}, "127.0.0.1"},
		{"empty", "", loopback, []string{forwarded}, "127.0.0.1"},
	} {
		b := open(t)
		b.Config.TrustedProxies = c.trusted
		got := b.call(login, b.form(c.body), append(c.headers, jsonType)...)
		if got.StatusCode != 200 || b.address() != c.want {
			t.Errorf("%s: %d, recorded %q, want %q", c.name, got.StatusCode, b.address(), c.want)
		}
	}
}

// LIM-09: a client that makes up addresses gets no more starts for a person.
func TestForgedAddressMovesNoLimit(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.House.Config.Limits.StartsPerHour = 3
	start := fmt.Sprintf(`{"applicationId":%q,"loginId":%q}`, logintest.ApplicationID, logintest.Email)
	got := map[int]int{}
	for i := range 6 {
		a := b.post("/public/passwordless/start", start, fmt.Sprintf("X-Forwarded-For: 203.0.113.%d", i))
		got[a.StatusCode]++
		if a.StatusCode == 429 && a.Header.Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
	}
	if got[200] != 3 || got[429] != 3 {
		t.Errorf("%v, want 3 starts and 3 refusals", got)
	}
}

// S3-64: the tenant of a request, wherever it comes from.
func TestTenantHeader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		headers []string
		want    int
	}{
		{nil, 200},
		{[]string{"X-FusionAuth-TenantId: " + logintest.TenantID}, 200},
		{[]string{"x-fusionauth-tenantid: " + logintest.TenantID}, 200},
		{[]string{"X-FusionAuth-TenantId: " + otherTenant}, 404},
		{[]string{"X-FusionAuth-TenantId: "}, 400},
		{[]string{"X-FusionAuth-TenantId: not one word"}, 400},
		{[]string{"X-FusionAuth-TenantId: " + strings.Repeat("x", 129)}, 400},
		{[]string{"X-FusionAuth-TenantId: " + logintest.TenantID, "X-FusionAuth-TenantId: " + logintest.TenantID}, 400},
	} {
		b := open(t)
		if got := b.call(login, b.form(""), append(c.headers, jsonType)...); got.StatusCode != c.want {
			t.Errorf("%q: %d, want %d", c.headers, got.StatusCode, c.want)
		}
	}
}
