package httpapi

import (
	"net/http"
	"slices"
	"strings"
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

		{"POST /api/two-factor/login", Anybody, a.completeTwoFactor},
		{"POST /api/two-factor/send/{twoFactorId}", Anybody, a.sendTwoFactor},
		{"POST /api/two-factor/send", KeyOrPerson, a.sendToManage},
		{"GET /api/two-factor/secret", KeyOrPerson, a.twoFactorSecret},
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

		{"POST /api/identity/verify/start", Key, a.startVerify},
		{"POST /api/identity/verify/send", Key, a.sendVerify},
		{"POST /api/identity/verify/complete", Key, a.completeVerify},
		{"POST /api/user/verify-email", Anybody, a.verifyEmail},
		{"POST /api/user/verify-email/{verificationId}", Anybody, a.verifyEmail},
		{"POST /api/user/verify-registration", Anybody, a.verifyRegistration},
		{"POST /api/user/verify-registration/{verificationId}", Anybody, a.verifyRegistration},
		{"POST /api/user/change-password", Anybody, a.changePassword},
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
			row{"POST /public/two-factor/login", PublicPage, a.publicTwoFactor},
			row{"POST /public/two-factor/send/{twoFactorId}", PublicPage, a.sendTwoFactor})
	}
	return rows
}

type row struct {
	pattern string
	need    Access
	do      action
}

// mount puts the table on the mux, path by path, so that a method that a path
// has not is answered here and not by the mux, in text.
func (a *API) mount() {
	paths := map[string]endpoint{}
	for _, t := range a.table() {
		method, path, _ := strings.Cut(t.pattern, " ")
		name, _, _ := strings.Cut(path, "/{")
		e, ok := paths[path]
		if !ok {
			e = endpoint{api: a, name: name, steps: map[string]step{}}
			paths[path] = e
		}
		one := endpoint{api: a, name: name, steps: map[string]step{method: {t.need, t.do}}}
		e.steps[method] = one.steps[method]
		a.routes = append(a.routes, Route{Method: method, Path: path, Access: t.need, Handler: one})
	}
	for path, e := range paths {
		a.mux.Handle(path, e)
	}
	a.mux.HandleFunc("/", a.nowhere)
	slices.SortFunc(a.routes, func(x, y Route) int { return strings.Compare(x.Path+x.Method, y.Path+y.Method) })
}
