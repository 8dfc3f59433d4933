package logintest

import (
	"context"
	"errors"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

// Who else there is: a second user of the tenant, and a second tenant with an
// application and a user that has the same login ids as the sample user.
const (
	NeighbourID             = "00000000-0000-0001-0000-000000000001"
	NeighbourEmail          = "example@fusionauth.io"
	OtherTenantID           = "f24aca2b-ce4a-4dad-951a-c9d690e71416"
	OtherApplicationID      = "10000000-0000-0002-0000-000000000002"
	OtherUserID             = "00000000-0000-0001-0000-000000000002"
	SecondApplicationID     = "10000000-0000-0002-0000-000000000003"
	otherRegistrationID     = "00000000-0000-0002-0000-000000000002"
	neighbourRegistrationID = "00000000-0000-0002-0000-000000000001"
)

// Neighbour is a login of the second user.
func Neighbour() passwordless.StartRequest {
	return passwordless.StartRequest{ApplicationID: ApplicationID, LoginID: NeighbourEmail}
}

// Elsewhere is a login of the other tenant's user.
func Elsewhere() passwordless.StartRequest {
	return passwordless.StartRequest{ApplicationID: OtherApplicationID, LoginID: Email}
}

// Neighbours puts them into the house. The tenant gets a second application.
func (h *House) Neighbours() {
	h.T.Helper()
	u := h.User()
	u.ID, u.Email, u.PhoneNumber, u.Username = NeighbourID, NeighbourEmail, "", ""
	u.Identities = u.Identities[:1:1]
	u.Identities[0].Value = NeighbourEmail
	u.Registrations[0].ID = neighbourRegistrationID
	h.Put(u)
	h.Put(h.Twin())
	tenant, application, second := h.Tenant, h.Application, h.Application
	tenant.ID = OtherTenantID
	application.ID, application.TenantID = OtherApplicationID, OtherTenantID
	second.ID = SecondApplicationID
	h.Config.Applications = several{identity.Static(h.Tenant, h.Application, second), identity.Static(tenant, application)}
}

// Twin is the other tenant's user with the sample user's login ids.
func (h *House) Twin() identity.User {
	u := h.User()
	u.ID, u.TenantID = OtherUserID, OtherTenantID
	u.Registrations[0].ID, u.Registrations[0].ApplicationID = otherRegistrationID, OtherApplicationID
	return u
}

// several are the applications of more than one tenant.
type several []identity.StaticApplications

func (s several) Application(ctx context.Context, id string) (identity.Tenant, identity.Application, error) {
	for _, each := range s {
		t, a, err := each.Application(ctx, id)
		if !errors.Is(err, identity.ErrUnknownApplication) {
			return t, a, err
		}
	}
	return identity.Tenant{}, identity.Application{}, identity.ErrUnknownApplication
}
