package session

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// MetaData is what a client says of itself. It labels the refresh token and is
// never trusted.
type MetaData struct {
	Data   identity.Object `json:"data,omitempty"`
	Device Device          `json:"device,omitzero"`
	Scopes []string        `json:"scopes,omitempty"`
}

// Device is the device that a refresh token lives on. Any Type is accepted; the
// identity package names the usual ones.
type Device struct {
	Description         string           `json:"description,omitempty"`
	LastAccessedAddress string           `json:"lastAccessedAddress,omitempty"`
	LastAccessedInstant identity.Instant `json:"lastAccessedInstant,omitzero"`
	Name                string           `json:"name,omitempty"`
	Type                string           `json:"type,omitempty"`
}

// record is a session's Data: what its login proved.
type record struct {
	Salt     []byte              `json:"salt"`
	AuthTime identity.Instant    `json:"auth_time"`
	Identity identity.Identifier `json:"id,omitzero"` // the login id used
	Methods  []string            `json:"amr,omitempty"`
	Second   bool                `json:"second,omitempty"`
	Trust    string              `json:"trust,omitempty"` // the grant that stood in for a second factor
	MetaData MetaData            `json:"metaData,omitzero"`
}

// recordOf reads a session's Data.
func recordOf(g store.Grant) (r record, err error) {
	if err := json.Unmarshal(g.Data, &r); err != nil {
		return record{}, fmt.Errorf("session: record: %w", err)
	}
	return r, nil
}

// refreshTokens is what the key of refresh tokens is for.
const refreshTokens secret.Use = "refresh token"

// refreshToken is id.counter.MAC, so that an ancestor is recognised without
// keeping a row for each, and a successor made again without keeping its text.
func (s *Sessions) refreshToken(id string, counter int64, salt []byte) secret.Issued {
	n := strconv.FormatInt(counter, 10)
	mac := s.Keys.MAC(refreshTokens, id, n, string(salt))
	return secret.Issue(id + "." + n + "." + base64.RawURLEncoding.EncodeToString(mac[:]))
}

// shown is a refresh token taken apart, and not believed.
type shown struct {
	id      string
	counter int64
	mac     []byte
}

// maxRefreshToken is the length of the longest refresh token: a UUID, 19 digits
// and 32 bytes.
const maxRefreshToken = 36 + 1 + 19 + 1 + 43

// parse takes a refresh token apart. Each has one spelling.
func parse(t secret.Text) (shown, bool) {
	text := t.Reveal()
	if len(text) > maxRefreshToken || strings.Count(text, ".") != 2 {
		return shown{}, false
	}
	id, rest, _ := strings.Cut(text, ".")
	digits, encoded, _ := strings.Cut(rest, ".")
	counter, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || counter < 0 || strconv.FormatInt(counter, 10) != digits || !isID(id) {
		return shown{}, false
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || base64.RawURLEncoding.EncodeToString(mac) != encoded {
		return shown{}, false
	}
	return shown{id: id, counter: counter, mac: mac}, true
}

// isID says whether text may be looked up: a UUID as we write it.
func isID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range []byte(text) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := '0' <= c && c <= '9' || 'a' <= c && c <= 'f'
		if dash != (c == '-') || !dash && !hex {
			return false
		}
	}
	return true
}

// authentic says whether one of our keys made a refresh token for a session.
func (s *Sessions) authentic(t shown, r record) bool {
	right := 0
	for _, mac := range s.Keys.MACs(refreshTokens, t.id, strconv.FormatInt(t.counter, 10), string(r.Salt)) {
		right |= subtle.ConstantTimeCompare(mac[:], t.mac)
	}
	return right == 1
}
