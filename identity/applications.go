package identity

import (
	"context"
	"errors"
	"fmt"
)

// ErrUnknownApplication is what [Applications] answers to an id that nobody can
// sign in to: one that does not exist, or is not active, or whose tenant is not.
var ErrUnknownApplication = errors.New("identity: unknown application")

// Applications finds an application and its tenant. Those who have few give
// [Static]; those who have many implement it over what they keep them in, and
// see to it that what they return passes [Tenant.Check] and [Application.Check].
//
// It may be called concurrently, and at every step of a login.
type Applications interface {
	// Application returns the application with that id and its tenant, or
	// [ErrUnknownApplication]. Any other error means that the lookup failed.
	Application(ctx context.Context, id string) (Tenant, Application, error)
}

// StaticApplications are one tenant and applications that do not change. Make
// them with [Static].
type StaticApplications struct {
	tenant       Tenant
	applications []Application
}

// Static gives the applications of one tenant as values. It checks nothing:
// whoever takes them calls [StaticApplications.Check] once.
func Static(t Tenant, applications ...Application) StaticApplications {
	s := StaticApplications{tenant: t}
	for _, a := range applications {
		if a.TenantID == "" {
			a.TenantID = t.ID
		}
		s.applications = append(s.applications, a)
	}
	return s
}

// Check says what is wrong with the tenant or its applications, as their own
// Check does, and refuses two of one id, and one that names another tenant.
func (s StaticApplications) Check() error {
	errs := []error{wrapped("tenant", s.tenant.Check())}
	seen := map[string]bool{}
	for i, a := range s.applications {
		name := fmt.Sprintf("application %d", i)
		errs = append(errs, wrapped(name, a.Check()))
		if seen[a.ID] {
			errs = append(errs, wrapped(name, duplicate("id", "is another application's too")))
		}
		if a.TenantID != s.tenant.ID {
			errs = append(errs, wrapped(name, invalid("tenantId", "is not the tenant's")))
		}
		seen[a.ID] = true
	}
	return errors.Join(errs...)
}

// Application implements [Applications].
func (s StaticApplications) Application(_ context.Context, id string) (Tenant, Application, error) {
	for i := range s.applications {
		a := &s.applications[i]
		if a.ID == id && id != "" && a.Active() && s.tenant.Active() {
			return s.tenant, *a, nil
		}
	}
	return Tenant{}, Application{}, ErrUnknownApplication
}

func wrapped(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}
