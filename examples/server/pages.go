package main

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gatehouse-go/gatehouse/examples/webapp"
)

// pages are the sign-in that people see, for the first application of the seed.
// Without the refresh tokens that it takes there is none, which the log says.
func (s *service) pages(base string) (http.Handler, error) {
	verifier, err := s.verifier()
	if err != nil {
		return nil, err
	}
	app, err := webapp.New(webapp.Config{
		Login:           s.login,
		Verifier:        verifier,
		ApplicationID:   s.seed.Applications[0].ID,
		Errors:          s.failed,
		InsecureCookies: strings.HasPrefix(base, "http:"), // of this machine alone: see linksTo
	})
	if errors.Is(err, webapp.ErrSessions) {
		s.log.Warn("no pages are served", "reason", err.Error())
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return app.Handler(), nil
}
