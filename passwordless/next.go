package passwordless

import (
	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// next makes the ticket that takes the place of one that is spent, and puts its
// handle into the response. Most outcomes have none.
func (l *Login) next(s step, result *Result) (*store.Ticket, error) {
	response := &result.Response
	switch result.Outcome {
	case outcome.TwoFactorRequired:
		return l.successor(s, walk.TwoFactor, &response.TwoFactorID)
	case outcome.ChangePasswordRequired:
		return l.successor(s, walk.ChangePassword, &response.ChangePasswordID)
	case outcome.IdentityUnverified:
		return l.verification(s, walk.VerifyIdentity, &response.IdentityVerificationID)
	case outcome.RegistrationUnverified:
		return l.verification(s, walk.VerifyRegistration, &response.RegistrationVerificationID)
	}
	return nil, nil
}

// successor makes a ticket that carries on what the walk has proven.
func (l *Login) successor(s step, purpose string, handle *secret.Issued) (*store.Ticket, error) {
	facts := s.Facts
	facts.Form, facts.Disclosed, facts.Epoch = false, true, s.epoch
	return l.issue(s, purpose, facts, handle)
}

// verification makes a ticket for what is yet to be verified, if that is done by
// a form; a link is asked for by the caller.
func (l *Login) verification(s step, purpose string, handle *secret.Issued) (*store.Ticket, error) {
	id := s.subject()
	if s.verificationStrategy(purpose, id.Type) != identity.FormField {
		return nil, nil
	}
	return l.issue(s, purpose, walk.Facts{
		Application: s.Facts.Application,
		Identity:    id,
		To:          l.address(s.user, id, s.tenant),
		Form:        true,
		Started:     identity.At(s.now),
		State:       s.Facts.State,
	}, handle)
}

func (l *Login) issue(s step, purpose string, facts walk.Facts, handle *secret.Issued) (*store.Ticket, error) {
	t, opens, _, err := l.draft(s, purpose, facts)
	if err != nil {
		return nil, err
	}
	*handle = secret.Issue(opens.Reveal())
	return &t, nil
}

// draft makes the ticket of a step for a purpose. A second factor's has a short
// code from the first, which counts only once one was sent.
func (l *Login) draft(s step, purpose string, facts walk.Facts) (t store.Ticket, handle, code secret.Text, err error) {
	d := walk.Draft{
		Ticket: store.Ticket{
			Purpose: purpose,
			Walk:    s.Walk,
			Tenant:  s.Tenant,
			User:    s.user.ID,
			Budget:  walk.Budget(purpose, s.Tenant, s.user.ID, facts.Identity),
			Expires: s.now.Add(lifetime(s.tenant, purpose, facts.Identity.Type)),
		},
		Facts:  facts,
		Handle: handles(s.tenant, purpose, facts.Identity.Type),
	}
	if facts.Form || purpose == walk.TwoFactor {
		d.Code = codes(s.tenant, purpose, facts.Identity.Type)
	}
	return l.desk.Make(d)
}

// subject is the identity whose verification counts: the one that was used or,
// for a user name, the e-mail address that stands behind it.
func (s step) subject() identity.Identifier {
	return outcome.Subject(s.user, s.Facts.Identity)
}
