package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"time"

	"github.com/gatehouse-go/gatehouse/secret"
)

// authenticator is the app on the person's phone (RFC 6238).
type authenticator struct{ key []byte }

// scan has the app read what the page shows.
func scan(uri string) (authenticator, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return authenticator{}, err
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	return authenticator{key}, err
}

const period = 30 * time.Second

// shows is the code on the app's screen at a moment.
func (a authenticator) shows(at time.Time) secret.Text {
	mac := hmac.New(sha1.New, a.key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix())/uint64(period.Seconds())))
	sum := mac.Sum(nil)
	number := binary.BigEndian.Uint32(sum[sum[len(sum)-1]&0xf:]) & 0x7fffffff
	return secret.New(fmt.Sprintf("%06d", number%1_000_000))
}

// never is a code that the app does not show around a moment.
func (a authenticator) never(at time.Time) secret.Text {
	digits := []byte(a.shows(at).Reveal())
	digits[0] = '0' + (digits[0]-'0'+5)%10
	return secret.New(string(digits))
}
