package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gatehouse-go/gatehouse/httpapi/internal/wire"
)

// Route is one endpoint, for a mux of the program's own.
type Route struct {
	Method string
	Path   string // as http.ServeMux has it, such as /api/two-factor/send/{twoFactorId}
	Access Access

	// Handler answers the method. At another path it needs the same wildcards.
	Handler http.Handler
}

// Routes are the endpoints that the API serves, by path and method.
func (a *API) Routes() []Route { return slices.Clone(a.routes) }

// table is every endpoint: a method and path, who may call it, and what it does.
func (a *API) table() []row {
	rows := []row{
		{"POST /api/passwordless/start", Key, a.startPasswordless},
		{"POST /api/passwordless/send", Anybody, a.sendPasswordless},
		{"POST /api/passwordless/login", Anybody, a.completePasswordless},
		{"POST /api/login", Anybody, a.completeLogin},

		{"POST /api/two-factor/start", Key, a.startStepUp},
		{"POST /api/two-factor/login", Anybody, a.completeTwoFactor},
		{"POST /api/two-factor/send/{twoFactorId}", Anybody, a.sendSecond},
		{"POST /api/two-factor/send", KeyOrPerson, a.sendToManage},
		{"GET /api/two-factor/secret", KeyOrPerson, a.twoFactorSecret},
		{"POST /api/two-factor/status", Key, a.twoFactorStatusOf},
		{"GET /api/two-factor/status/{twoFactorTrustId}", Key, a.twoFactorStatus},
		{"POST /api/user/two-factor", KeyOrPerson, a.enableTwoFactor},
		{"POST /api/user/two-factor/{userId}", Key, a.enableTwoFactor},
		{"DELETE /api/user/two-factor", KeyOrPerson, a.disableTwoFactor},
		{"DELETE /api/user/two-factor/{userId}", KeyOrPerson, a.disableTwoFactor},
		{"PUT /api/user/two-factor/{userId}", Key, a.renameTwoFactor},
		{"POST /api/user/two-factor/recovery-code/{userId}", Key, a.replaceRecoveryCodes},

		{"POST /api/jwt/refresh", Anybody, a.refresh},
		{"GET /api/jwt/refresh", Key, a.listSessions},
		{"GET /api/jwt/refresh/{tokenId}", Key, a.getSession},
		{"DELETE /api/jwt/refresh", KeyOrPerson, a.revokeSessions},
		{"DELETE /api/jwt/refresh/{tokenId}", KeyOrPerson, a.revokeSession},
		{"POST /api/logout", Anybody, a.logout},

		{"POST /api/identity/verify", Key, a.attest},
		{"POST /api/identity/verify/start", Key, a.startVerify},
		{"POST /api/identity/verify/send", Key, a.sendVerify},
		{"POST /api/identity/verify/complete", Key, a.completeVerify},
		{"PUT /api/user/verify-email", Key, a.sendEmailVerification},
		{"POST /api/user/verify-email", Anybody, a.verifyEmail},
		{"POST /api/user/verify-email/{verificationId}", Anybody, a.verifyEmail},
		{"PUT /api/user/verify-registration", Key, a.sendRegistrationVerification},
		{"POST /api/user/verify-registration", Anybody, a.verifyRegistration},
		{"POST /api/user/verify-registration/{verificationId}", Anybody, a.verifyRegistration},
		{"POST /api/user/change-password", Anybody, a.changePassword},
		{"GET /api/user/change-password/{changePasswordId}", Anybody, a.checkChangePassword},
		{"POST /api/user/change-password/{changePasswordId}", Anybody, a.changePassword},
	}
	if a.c.Verifier != nil {
		rows = append(rows, row{"GET /api/jwt/validate", Anybody, a.validate})
	}
	if a.c.Keys != nil {
		rows = append(rows,
			row{"GET /api/jwt/public-key", Anybody, a.publicKey},
			row{"GET /.well-known/jwks.json", Anybody, a.jwks})
	}
	if a.c.Keys != nil && a.c.Issuer != "" && a.c.BaseURL != "" {
		rows = append(rows, row{"GET /.well-known/openid-configuration", Anybody, a.openID})
	}
	if a.c.Public {
		rows = append(rows,
			row{"POST /public/passwordless/start", PublicPage, a.publicStart},
			row{"POST /public/passwordless/send", PublicPage, a.publicSend},
			row{"POST /public/passwordless/peek", PublicPage, a.publicPeek},
			row{"POST /public/passwordless/login", PublicPage, a.publicLogin},
			row{"POST /public/jwt/refresh", PublicPage, a.publicRefresh},
			row{"POST /public/two-factor/login", PublicPage, a.publicTwoFactor},
			row{"POST /public/two-factor/send/{twoFactorId}", PublicPage, a.publicSendTwoFactor})
	}
	return rows
}

type row struct {
	pattern string
	need    Access
	do      action
}

// action answers a call, or says by an error what the answer is.
type action func(w http.ResponseWriter, r *http.Request, c caller) error

// mount serves the table: as a whole, and endpoint by endpoint.
func (a *API) mount() {
	d := wire.Dialect{Fail: a.fail, Origin: a.c.CrossOrigin, Options: http.StatusOK}
	var all []wire.Endpoint
	for _, t := range a.table() {
		one := a.endpoints(t)
		all = append(all, one...)
		a.routes = append(a.routes, Route{Method: one[0].Method, Path: one[0].Path, Access: t.need, Handler: d.At(one...)})
	}
	a.handler = d.Handler(all)
	slices.SortFunc(a.routes, func(x, y Route) int { return strings.Compare(x.Path+x.Method, y.Path+y.Method) })
}

// endpoints are what a row serves: what is for GET is for HEAD too.
func (a *API) endpoints(t row) []wire.Endpoint {
	method, path, _ := strings.Cut(t.pattern, " ")
	name, _, _ := strings.Cut(path, "/{") // as APIKey.Endpoints has it
	do := func(w http.ResponseWriter, r *http.Request) error {
		c, err := a.admit(r, name, t.need)
		if err != nil {
			return err
		}
		return t.do(w, r, c)
	}
	all := []wire.Endpoint{{Method: method, Path: path, Do: do}}
	if method == http.MethodGet {
		all = append(all, wire.Endpoint{Method: http.MethodHead, Path: path, Do: do})
	}
	return all
}

// ServeHTTP serves every endpoint of the API.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }
