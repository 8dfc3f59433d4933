package main

import (
	"fmt"
	"net/http"

	"github.com/gatehouse-go/gatehouse/httpapi"
	"github.com/gatehouse-go/gatehouse/httpapi/account"
	"github.com/gatehouse-go/gatehouse/httpapi/authn"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/session"
	"github.com/gatehouse-go/gatehouse/token"
)

// dialects are three APIs over one login. Those that know one application serve
// the first of the seed. Beside them are the pages; nil: there are none.
type dialects struct{ fusionauth, authn, account, pages http.Handler }

func (s *service) dialects(o options, pages string) (dialects, error) {
	verifier, err := s.verifier()
	if err != nil {
		return dialects{}, err
	}
	var d dialects
	if d.fusionauth, err = s.fusionauth(o, verifier); err != nil {
		return dialects{}, err
	}
	first := s.seed.Applications[0]
	if d.authn, err = s.authn(first); err != nil {
		return dialects{}, err
	}
	d.account, err = account.New(account.Config{
		Login:         s.login,
		Verifier:      verifier,
		TenantID:      first.TenantID,
		ApplicationID: first.ID,
		Errors:        s.failedAs,
	})
	if err != nil {
		return dialects{}, err
	}
	d.pages, err = s.pages(pages)
	return d, err
}

// verifier believes tokens for all applications, for as long as they live. A
// service that ends sessions at once gives it a denylist.
func (s *service) verifier() (*token.Verifier, error) {
	var audiences []string
	for _, a := range s.seed.Applications {
		audiences = append(audiences, a.ID)
	}
	return token.NewVerifier(token.VerifierConfig{
		Keys: s.keys.set, Issuer: s.seed.Tenants[0].Issuer, Audiences: audiences, Now: s.clock.now,
	})
}

func (s *service) fusionauth(o options, verifier *token.Verifier) (http.Handler, error) {
	keys, err := s.seed.keys(o.apiKey)
	if err != nil {
		return nil, fmt.Errorf("API keys: %w", err)
	}
	return httpapi.New(httpapi.Config{
		Login:                s.login,
		APIKeys:              keys,
		Verifier:             verifier,
		Keys:                 s.keys.set,
		Issuer:               s.seed.Tenants[0].Issuer,
		BaseURL:              o.baseURL,
		InsecureCookies:      o.insecureCookies,
		DefaultApplicationID: s.seed.Applications[0].ID,
		Public:               true,
		Errors:               s.failed,
	})
}

func (s *service) authn(a identity.Application) (http.Handler, error) {
	keys, err := session.NewKeys(session.KeysConfig{Store: s.Store, Now: s.clock.now})
	if err != nil {
		return nil, err
	}
	return authn.New(authn.Config{
		Login:         s.login,
		Keys:          keys,
		TenantID:      a.TenantID,
		ApplicationID: a.ID,
		Errors:        s.failedAs,
	})
}

func (s *service) failed(r *http.Request, err error) { s.failedAs(r, "", err) }

func (s *service) failedAs(r *http.Request, errorID string, err error) {
	s.log.ErrorContext(r.Context(), "failed", "route", r.Pattern, "id", errorID, "error", err.Error())
}
