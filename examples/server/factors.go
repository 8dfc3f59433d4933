package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// planter gives users of a seed their second factors.
type planter struct {
	kept
	factors      *mfa.Factors // which notifies nobody
	applications identity.Applications
	list         []identity.Application
	now          func() time.Time // asked anew each time: many users take a while
}

// plant adds authenticators first: it takes a proof to add one to other methods.
func (p *planter) plant(ctx context.Context, u identity.User, methods []seedMethod) error {
	for _, m := range methods {
		if m.Method != identity.MethodAuthenticator {
			continue
		}
		if err := p.authenticator(ctx, u, m); err != nil {
			return fmt.Errorf("twoFactor: %w", err)
		}
	}
	for _, m := range methods {
		if m.Method == identity.MethodAuthenticator {
			continue
		}
		if err := p.byMessage(ctx, u, m); err != nil {
			return fmt.Errorf("twoFactor: %w", err)
		}
	}
	return nil
}

// authenticator enrols an app as a person does, with the code before the present
// one, so that the first login can take the present one.
func (p *planter) authenticator(ctx context.Context, u identity.User, m seedMethod) error {
	key, err := mfa.ParseSecret(m.Secret, true)
	if err != nil {
		return err
	}
	who := mfa.Who{UserID: u.ID, ApplicationID: p.applicationOf(u)}
	enrolled, err := p.factors.Enrol(ctx, who, mfa.EnrolRequest{
		Kind: m.Method, Name: m.Name, Secret: key, InsecureSkipProof: true,
	})
	if err != nil {
		return err
	}
	err = p.confirm(ctx, who, m, enrolled.MethodID)
	if errors.Is(err, mfa.ErrWrongCode) { // a step began in between: the code is of the one before
		err = p.confirm(ctx, who, m, enrolled.MethodID)
	}
	return err
}

func (p *planter) confirm(ctx context.Context, who mfa.Who, m seedMethod, methodID string) error {
	tenant, _, err := p.applications.Application(ctx, who.ApplicationID)
	if err != nil {
		return err
	}
	a := tenant.Authenticator()
	code, err := totp.GenerateCodeCustom(m.Secret.Reveal(), p.now().Add(-time.Duration(a.TimeStep)*time.Second), totp.ValidateOpts{
		Period: uint(a.TimeStep), Digits: otp.Digits(a.CodeLength), Algorithm: algorithms[a.Algorithm],
	})
	if err != nil {
		return err
	}
	_, err = p.factors.Confirm(ctx, who, mfa.ConfirmRequest{MethodID: methodID, Code: secret.New(code), InsecureSkipProof: true})
	return err
}

var algorithms = map[identity.TOTPAlgorithm]otp.Algorithm{
	identity.HmacSHA1: otp.AlgorithmSHA1, identity.HmacSHA256: otp.AlgorithmSHA256, identity.HmacSHA512: otp.AlgorithmSHA512,
}

// applicationOf is one of the user's tenant.
func (p *planter) applicationOf(u identity.User) string {
	for _, a := range p.list {
		if a.TenantID == u.TenantID {
			return a.ID
		}
	}
	return ""
}

// byMessage writes a method straight to the store: there is nothing to seal.
func (p *planter) byMessage(ctx context.Context, u identity.User, m seedMethod) error {
	to := m.Email
	if m.Method == identity.MethodSMS {
		to = m.MobilePhone
	}
	if m.ID == "" || to == "" {
		return errors.New("a method needs an id, and an email or mobilePhone")
	}
	id := store.FactorID{Tenant: u.TenantID, User: u.ID, ID: m.ID}
	at := p.now().UTC().Truncate(time.Millisecond)
	if err := p.PutFactor(ctx, store.Factor{FactorID: id, Kind: m.Method, To: to, Name: m.Name, Created: at}); err != nil {
		return err
	}
	_, err := p.ConfirmFactor(ctx, id, 0, nil, at)
	return err
}
