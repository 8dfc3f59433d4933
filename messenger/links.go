package messenger

import (
	"net/url"
	"strings"

	"github.com/gatehouse-go/gatehouse/internal/loopback"
	"github.com/gatehouse-go/gatehouse/secret"
)

const (
	codeHole        = "{code}"
	oneTimeCodeHole = "{oneTimeCode}"
)

// LinkConfig says where links lead.
type LinkConfig struct {
	// Base is the page that a person lands on, such as
	// https://www.piedpiper.com/login or, as FusionAuth has it,
	// https://www.piedpiper.com/oauth2/passwordless/{code}. Required.
	//
	// {code} and {oneTimeCode} may stand anywhere after the host. A secret with
	// no place of its own is added to the query, as code or oneTimeCode.
	//
	// Base is absolute and https; http is allowed for this machine alone
	// (localhost, 127.0.0.0/8, ::1).
	//
	// The path and the query reach server logs and the Referer of whatever the
	// page loads: let the page send Referrer-Policy: no-referrer and
	// Cache-Control: no-store. A fragment (…/login#code={code}) reaches neither,
	// and needs a script to read it. Wherever it stands, the page must do
	// nothing until the person acts: mail scanners open links.
	Base string

	// InsecureHTTP allows http for any host. It is right only in a network that
	// nobody else can listen to, since whoever reads the link can use it.
	InsecureHTTP bool
}

// Links builds the links that messages carry, from configuration alone: no
// header of a request has a say in where they lead.
type Links struct {
	head     string     // up to the fragment
	fragment string     // with its #, or empty
	query    url.Values // what head has of its own
}

// NewLinks checks c. An error is a *[FieldError] for "Base".
func NewLinks(c LinkConfig) (*Links, error) {
	if reason := checkBase(c); reason != "" {
		return nil, &FieldError{Field: "Base", Reason: reason}
	}
	head, fragment, found := strings.Cut(c.Base, "#")
	if found {
		fragment = "#" + fragment
	}
	_, rawQuery, _ := strings.Cut(head, "?")
	query, err := url.ParseQuery(rawQuery)
	switch {
	case err != nil:
		return nil, &FieldError{Field: "Base", Reason: "has a malformed query"}
	case query.Has("code") && !strings.Contains(c.Base, codeHole),
		query.Has("oneTimeCode") && !strings.Contains(c.Base, oneTimeCodeHole):
		return nil, &FieldError{Field: "Base", Reason: "has a code in its query that is no placeholder"}
	}
	return &Links{head: head, fragment: fragment, query: query}, nil
}

// checkBase returns what is wrong with c.Base, or "".
func checkBase(c LinkConfig) string {
	if hasHidden(c.Base) || strings.ContainsAny(c.Base, " \\") {
		return "has a character that no URL has"
	}
	base, err := url.Parse(fill(c.Base, "1", "1"))
	if err != nil || base.Hostname() == "" || base.User != nil {
		return "is not an absolute URL without user info"
	}
	other, err := url.Parse(fill(c.Base, "2", "2"))
	switch {
	case err != nil || other.Host != base.Host:
		return "has a placeholder in its host"
	case strings.ContainsAny(fill(c.Base, "", ""), "{}"):
		return "has a placeholder other than {code} and {oneTimeCode}"
	case base.Scheme != "https" && base.Scheme != "http":
		return "is not https"
	case base.Scheme == "http" && !c.InsecureHTTP && !loopback.IsHost(base.Hostname()):
		return "is http for a host that is not this machine"
	}
	return ""
}

// URL returns the link that carries code and, unless it is zero, oneTimeCode.
// Parameters of extra are added to the query, sorted by name, but for those that
// Base has and for code and oneTimeCode. Extra is for what the caller knows
// itself, such as tenantId: never for anybody's state.
func (l *Links) URL(code, oneTimeCode secret.Text, extra url.Values) secret.Text {
	query := url.Values{}
	for name, values := range extra {
		if name != "code" && name != "oneTimeCode" && !l.query.Has(name) {
			query[name] = values
		}
	}
	if !l.has(codeHole) {
		query.Set("code", code.Reveal())
	}
	if !l.has(oneTimeCodeHole) && !oneTimeCode.IsZero() {
		query.Set("oneTimeCode", oneTimeCode.Reveal())
	}
	head, fragment := fill(l.head, code.Reveal(), oneTimeCode.Reveal()), fill(l.fragment, code.Reveal(), oneTimeCode.Reveal())
	if len(query) > 0 {
		head += l.separator() + query.Encode()
	}
	return secret.New(head + fragment)
}

func (l *Links) has(hole string) bool {
	return strings.Contains(l.head, hole) || strings.Contains(l.fragment, hole)
}

func (l *Links) separator() string {
	switch {
	case !strings.Contains(l.head, "?"):
		return "?"
	case strings.HasSuffix(l.head, "?") || strings.HasSuffix(l.head, "&"):
		return ""
	}
	return "&"
}

// fill puts the codes into their places, escaped so that they mean the same in
// a path, a query and a fragment.
func fill(s, code, oneTimeCode string) string {
	if !strings.Contains(s, "{") {
		return s
	}
	return strings.NewReplacer(codeHole, escape(code), oneTimeCodeHole, escape(oneTimeCode)).Replace(s)
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
