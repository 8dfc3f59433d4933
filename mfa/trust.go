package mfa

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/store"
)

// handles makes what cannot be guessed: the secret part of a trust handle, and
// what opens a ticket.
var handles = secret.Generator{Kind: secret.RandomBytes, Length: 32}

// trustData is a trust grant's Data. The factors are in it, so that trust ends
// with any change to them, whatever becomes of the grant.
type trustData struct {
	Factors []byte `json:"f"`
}

// Trust has a device skip the second factor of a person who just proved one,
// under the epoch that the proof was decided in. The handle is the device's to
// keep, as a secret cookie: it authenticates nobody. It is shown once.
//
// ErrRefused if everything of the user was revoked meanwhile, and if the
// application trusts no device. It does not ask whether a factor was proven.
func (f *Factors) Trust(ctx context.Context, p Person, epoch int64) (secret.Issued, time.Time, error) {
	if p.Application.MultiFactorTrustPolicy() == identity.TrustNone {
		return secret.Issued{}, time.Time{}, ErrRefused
	}
	now, shown := f.now(), handles.New()
	data, err := json.Marshal(trustData{Factors: fingerprint(p.Factors)})
	if err != nil {
		return secret.Issued{}, time.Time{}, fmt.Errorf("mfa: trust: %w", err)
	}
	g := store.Grant{
		ID: uuid.NewString(), Kind: store.Trust,
		Tenant: p.Tenant.ID, User: p.User.ID, Application: p.Application.ID,
		Created: now, Used: now, Expires: now.Add(identity.TrustLifetime(p.Tenant, p.Application)),
		Data: data,
	}
	g.Sum = trustSum(g.ID, shown.Reveal())
	err = f.c.Store.CreateGrant(ctx, g, epoch, now)
	if errors.Is(err, store.ErrNotFound) {
		return secret.Issued{}, time.Time{}, ErrRefused
	}
	if err != nil {
		return secret.Issued{}, time.Time{}, err
	}
	f.tell(ctx, p, Event{Type: DeviceTrusted})
	return secret.Issue(g.ID + "." + shown.Reveal()), g.Expires, nil
}

func trustSum(id, shown string) store.Hash { return secret.Sum("trust", id, shown) }

// GrantOf is the id of the grant that a trust handle names, for [store.Store.Open]
// to read; empty if it has not the form of one. It proves nothing.
func GrantOf(handle secret.Text) string {
	id, _, _ := splitHandle(handle)
	return id
}

func splitHandle(handle secret.Text) (id, shown string, ok bool) {
	id, shown, ok = strings.Cut(handle.Reveal(), ".")
	u, err := uuid.Parse(id)
	if !ok || err != nil || u.String() != id || len(shown) != base64.RawURLEncoding.EncodedLen(handles.Length) {
		return "", "", false
	}
	return id, shown, true
}

// Trusted says whether a handle lets its device skip the second factor of p in
// p's application. The grant is the one that [GrantOf] names, as just read; nil
// if it is not live. What is unknown or somebody else's is as good as none.
func Trusted(g *store.Grant, handle secret.Text, p Person, now time.Time) bool {
	id, shown, ok := splitHandle(handle)
	if !ok || g == nil || g.ID != id || g.Kind != store.Trust || g.Tenant != p.Tenant.ID || g.User != p.User.ID || p.User.ID == "" {
		return false
	}
	sum := trustSum(id, shown)
	if subtle.ConstantTimeCompare(sum[:], g.Sum[:]) != 1 || !now.Before(g.Expires) {
		return false
	}
	var data trustData
	if json.Unmarshal(g.Data, &data) != nil || !slices.Equal(data.Factors, fingerprint(p.Factors)) {
		return false
	}
	switch p.Application.MultiFactorTrustPolicy() {
	case identity.TrustAny:
		return true
	case identity.TrustThis:
		return g.Application == p.Application.ID
	}
	return false
}

// fingerprint tells one set of confirmed factors from any other.
func fingerprint(factors []store.Factor) []byte {
	var parts []string
	for _, x := range factors {
		if !x.Confirmed.IsZero() {
			parts = append(parts, x.ID+" "+strconv.FormatInt(x.Confirmed.UnixMilli(), 10))
		}
	}
	slices.Sort(parts)
	sum := secret.Sum(parts...)
	return sum[:]
}

// CheckTrust says whether a handle lets its device skip the second factor of a
// signed-in user in who.ApplicationID. ErrUnknownUser, ErrInactive.
func (f *Factors) CheckTrust(ctx context.Context, who Who, handle secret.Text) (bool, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return false, err
	}
	id := GrantOf(handle)
	if id == "" {
		return false, nil
	}
	g, err := f.c.Store.Grant(ctx, id, f.now())
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && Trusted(&g, handle, p, f.now()), err
}

// TrustedDevice is a device that may skip the second factor.
type TrustedDevice struct {
	ID            string // to revoke it by; no secret
	ApplicationID string // that it was trusted in
	Start         time.Time
	Expires       time.Time
}

// TrustedDevices lists the devices that a signed-in user has had trusted, oldest
// first. ErrUnknownUser, ErrInactive.
func (f *Factors) TrustedDevices(ctx context.Context, who Who) ([]TrustedDevice, error) {
	p, err := f.person(ctx, who)
	if err != nil {
		return nil, err
	}
	grants, err := f.c.Store.ListGrants(ctx, p.Tenant.ID, p.User.ID, store.Trust, f.now())
	if err != nil {
		return nil, err
	}
	devices := make([]TrustedDevice, 0, len(grants))
	for _, g := range grants {
		devices = append(devices, TrustedDevice{ID: g.ID, ApplicationID: g.Application, Start: g.Created, Expires: g.Expires})
	}
	return devices, nil
}

// RevokeTrust ends the trust in one of a signed-in user's devices or, if id is
// empty, in all. ErrRefused if the user has no such device; ErrUnknownUser,
// ErrInactive.
func (f *Factors) RevokeTrust(ctx context.Context, who Who, id string) error {
	p, err := f.person(ctx, who)
	if err != nil {
		return err
	}
	n, err := f.revokeTrust(ctx, p, id)
	if err == nil && n == 0 && id != "" {
		return ErrRefused
	}
	return err
}

// dropTrust ends the trust in all devices, because a factor is about to change
// or a recovery code was used.
func (f *Factors) dropTrust(ctx context.Context, p Person) error {
	_, err := f.revokeTrust(ctx, p, "")
	return err
}

func (f *Factors) revokeTrust(ctx context.Context, p Person, id string) (int, error) {
	n, err := f.c.Store.RevokeGrants(ctx, store.Filter{ID: id, Tenant: p.Tenant.ID, User: p.User.ID, Kind: store.Trust}, f.now())
	if n > 0 {
		f.tell(ctx, p, Event{Type: TrustRevoked})
	}
	return n, err
}
