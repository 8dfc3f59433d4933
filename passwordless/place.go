package passwordless

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/internal/walk"
)

// maxState bounds what a caller may have carried along.
const maxState = 8 << 10

// checkObject holds what a caller has carried along to its bound, and to being
// JSON: its bytes may never have been decoded.
func checkObject(name string, o identity.Object) error {
	if len(o) > maxState {
		return field("tooLong", name, "It must be at most 8 KiB.")
	}
	if o.Check(maxState) != nil {
		return field("invalid", name, "It must be a JSON object.")
	}
	return nil
}

// place is where somebody logs in.
type place struct {
	tenant      identity.Tenant
	application identity.Application
}

// place looks an application up. One that is unknown, inactive or of another
// tenant than the one that was named is one *ValidationError.
func (l *Login) place(ctx context.Context, applicationID, tenantID string) (place, error) {
	if applicationID == "" {
		return place{}, field("blank", "applicationId", "It is required.")
	}
	t, a, err := l.c.Applications.Application(ctx, applicationID)
	switch {
	case errors.Is(err, identity.ErrUnknownApplication):
		return place{}, unknownApplication()
	case err != nil:
		return place{}, fmt.Errorf("passwordless: application: %w", err)
	case a.ID != applicationID, !a.Active(), tenantID != "" && tenantID != t.ID:
		return place{}, unknownApplication()
	}
	return place{tenant: t, application: a}, nil
}

// permits says whether the application is open to tickets for a purpose: those
// for a login need passwordless login to be enabled, at every step.
func (p place) permits(purpose string) error {
	if purpose == walk.Login && !p.application.PasswordlessConfiguration.Enabled {
		return general("PasswordlessDisabled", "Passwordless login is not enabled for this application.")
	}
	return nil
}

func unknownApplication() error {
	return field("invalid", "applicationId", "There is no such application.")
}

// invalid is a *ValidationError for what the identity package found.
func invalid(err error) error {
	var f *identity.FieldError
	if !errors.As(err, &f) {
		return err
	}
	return field(f.Tag, f.Field, "The value "+f.Reason+".")
}
