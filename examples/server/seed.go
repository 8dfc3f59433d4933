package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/gatehouse-go/gatehouse/httpapi"
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

//go:embed sample.json
var sample []byte

// seed is what the server begins with.
type seed struct {
	Tenants      []identity.Tenant      `json:"tenants"`
	Applications []identity.Application `json:"applications"` // tenantId: the first tenant, if it is empty
	Users        []seedUser             `json:"users"`
	APIKeys      []seedKey              `json:"apiKeys"`
}

// seedUser is the JSON of a user, with the secrets of second factors, and the
// actions that keep the user out. What people sign in by is in canonical form:
// addresses in lower case, numbers in E.164.
type seedUser struct {
	identity.User
	TwoFactor struct {
		Methods []seedMethod `json:"methods"`
	} `json:"twoFactor"`
	Actions []identity.Action `json:"actions"`
}

// seedMethod is a second factor. An authenticator needs its secret, in base32.
type seedMethod struct {
	identity.TwoFactorMethod
	Secret secret.Text `json:"secret"`
}

// seedKey is an API key, for one tenant if it names one, and for all endpoints
// if it names none.
type seedKey struct {
	Key       secret.Text         `json:"key"`
	TenantID  string              `json:"tenantId"`
	Endpoints map[string][]string `json:"endpoints"`
}

// readSeed reads a file; without a path, sample.json.
func readSeed(path string) (seed, error) {
	text := sample
	if path != "" {
		var err error
		if text, err = os.ReadFile(path); err != nil {
			return seed{}, err
		}
	}
	var s seed
	if err := json.Unmarshal(text, &s); err != nil {
		return seed{}, fmt.Errorf("-seed: %w", err)
	}
	if len(s.Tenants) == 0 || len(s.Applications) == 0 {
		return seed{}, errors.New("-seed: there must be a tenant and an application")
	}
	for i := range s.Applications {
		if s.Applications[i].TenantID == "" {
			s.Applications[i].TenantID = s.Tenants[0].ID
		}
	}
	return s, nil
}

// directory finds applications in the tenants of a seed.
type directory []identity.StaticApplications

func (s seed) directory() (directory, error) {
	var d directory
	for _, t := range s.Tenants {
		one := identity.Static(t, s.of(t)...)
		if err := one.Check(); err != nil {
			return nil, fmt.Errorf("-seed: %w", err)
		}
		d = append(d, one)
	}
	return d, nil
}

func (s seed) of(t identity.Tenant) []identity.Application {
	return slices.DeleteFunc(slices.Clone(s.Applications), func(a identity.Application) bool { return a.TenantID != t.ID })
}

// Application implements [identity.Applications].
func (d directory) Application(ctx context.Context, id string) (identity.Tenant, identity.Application, error) {
	for _, one := range d {
		t, a, err := one.Application(ctx, id)
		if !errors.Is(err, identity.ErrUnknownApplication) {
			return t, a, err
		}
	}
	return identity.Tenant{}, identity.Application{}, identity.ErrUnknownApplication
}

// issuer is the iss of all tokens, since one verifier reads them.
func (s seed) issuer() (string, error) {
	for _, t := range s.Tenants {
		if t.Issuer == "" || t.Issuer != s.Tenants[0].Issuer {
			return "", errors.New("-seed: all tenants must have one issuer")
		}
	}
	return s.Tenants[0].Issuer, nil
}

func (s seed) keys(more string) (httpapi.StaticAPIKeys, error) {
	var keys []httpapi.APIKey
	for _, k := range s.APIKeys {
		keys = append(keys, httpapi.APIKey{Key: k.Key, TenantID: k.TenantID, Endpoints: k.Endpoints})
	}
	if more != "" {
		keys = append(keys, httpapi.APIKey{Key: secret.New(more)})
	}
	return httpapi.StaticKeys(keys...)
}

// plant adds the users who are not there yet. Those who are stay as they are.
func (s seed) plant(ctx context.Context, k kept, f *planter) error {
	for i, u := range s.Users {
		if u.TenantID == "" {
			u.TenantID = s.Tenants[0].ID
		}
		_, err := k.User(ctx, u.TenantID, u.ID)
		if err == nil {
			continue
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := s.add(ctx, k, f, u); err != nil {
			return fmt.Errorf("-seed: users[%d]: %w", i, err)
		}
	}
	return nil
}

func (s seed) add(ctx context.Context, k kept, f *planter, u seedUser) error {
	whole := u.User
	for _, a := range u.Actions {
		a.PreventLogin = true
		whole.Actions = append(whole.Actions, a)
	}
	if err := k.put(ctx, whole); err != nil {
		return err
	}
	return f.plant(ctx, whole, u.TwoFactor.Methods)
}
