package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"

	"github.com/gatehouse-go/gatehouse/identity"
)

// browsers are those that nobody sits at right now.
type browsers chan *browser

// browser keeps a connection and cookies. It is replaced by one at another address
// after some logins, since from one address only so many begin in an hour.
type browser struct {
	http.Client
	number, logins int
}

func newBrowsers(n int) browsers {
	free := make(browsers, n)
	for i := range n {
		free <- newBrowser(i)
	}
	return free
}

func newBrowser(number int) *browser {
	from := &net.TCPAddr{IP: net.IPv4(127, 1, byte(number>>8), byte(number))}
	return &browser{number: number, Client: http.Client{
		Transport: &http.Transport{DialContext: (&net.Dialer{LocalAddr: from}).DialContext},
	}}
}

// login lends a browser that somebody else has signed out of.
func (free browsers) login(do func(b *browser) error) error {
	const most = 250
	b := <-free
	defer func() { free <- b }()
	if b.logins++; b.logins > most {
		b.CloseIdleConnections()
		b = newBrowser(b.number + cap(free))
	}
	var err error
	if b.Jar, err = cookiejar.New(nil); err != nil {
		return err
	}
	return do(b)
}

// asBrowser is one cycle: begun by a browser, and completed there with the code in
// the mail. The tokens are cookies.
func (s *server) asBrowser(ctx context.Context, codes <-chan string, address string) error {
	return s.browsers.login(func(b *browser) error {
		if err := s.post(ctx, &b.Client, "/public/passwordless/start", map[string]any{
			"applicationId": application.ID, "loginId": address, "loginStrategy": identity.FormField,
		}, nil); err != nil {
			return err
		}
		if err := s.post(ctx, &b.Client, "/public/passwordless/login", map[string]string{
			"applicationId": application.ID, "oneTimeCode": <-codes,
		}, nil); err != nil {
			return err
		}
		at, err := url.Parse(s.url)
		if err != nil {
			return err
		}
		for _, c := range b.Jar.Cookies(at) {
			if c.Name == "access_token" {
				return nil
			}
		}
		return errors.New("a login left no tokens")
	})
}
