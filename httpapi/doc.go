// Package httpapi is the login over HTTP, as FusionAuth's API has it: the same
// paths, members, statuses and cookies, so that its clients work unchanged.
//
// [New] makes an [API], which is an http.Handler for a mux of its own or, behind
// http.StripPrefix, under any path:
//
//	api, err := httpapi.New(httpapi.Config{Login: login, APIKeys: keys})
//	mux.Handle("/auth/", http.StripPrefix("/auth", api))
//
// [API.Routes] has each endpoint by itself, for a mux that serves only some.
// Everything here decodes a request, makes one call of the packages below, and
// encodes the answer; what may sign in is decided there.
//
// # Answers
//
// A success is JSON, or nothing. 400, 413, 415 and 429 carry an Errors object,
// 409 the actions that prevent the login, 503 an Errors object too. 401, 403,
// 404, 405, 410, 421, 423, 500 and 504 are empty. No answer is text, may be
// cached, or is meant for another origin.
//
// # Who may call
//
// An endpoint whose [Access] is [Key] needs an API key in the Authorization
// header, as it is; with [KeyOrPerson] the access token of the person themselves
// will do. The others are for anybody. They are limited for each person and
// address, but not for each client: put the API behind a limiter.
//
// Start tells a caller with an API key whether somebody exists, and the short
// code. A browser is no such caller: it has the endpoints under /public, which
// tell neither. See [Config].
package httpapi
