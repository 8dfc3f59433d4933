// Package authn is the login over HTTP for programs: two steps and the keys that
// come of them.
//
//	POST  /auth                              Basic                    → MFA_REQUIRED or SUCCESS
//	POST  /auth/factor/{factorId}/verify     Basic                    → SUCCESS
//	POST  /auth/factor/{factorId}/challenge  Basic                    → 204: a code is on its way
//	GET   /auth/access-token                 access-token             → whether it holds, and until when
//	POST  /auth/access-token                 Basic, api-key           → an access token
//	POST  /auth/api-key                      Basic, api-key           → an API key
//	GET   /auth/api-keys                     Basic, api-key, access-token
//	PATCH /auth/api-key/{id}                 Basic, api-key, access-token
//
// [New] makes a handler for a mux of its own or, behind http.StripPrefix, under
// any path.
//
// # Credentials
//
// Basic carries a user name and a password, which [Config].Password checks; or,
// where there is none, the code of a passwordless login as the user name and its
// short code as the password. Whichever it is, the login is decided as every other, so that
// whoever has a second factor proves it: Basic alone then opens nothing but the
// first step. The headers api-key and access-token carry what SUCCESS gave. One
// request shows one of the three; more are a 400.
//
// # Answers
//
// Instants are in RFC 3339, in UTC. Errors carry an errorCode, an errorSummary
// for people, an errorId where something failed, and causes:
//
//	400 E0000001  a member is missing or out of its range
//	400 E0000003  the body is not one JSON object; also 413 and 415
//	401 E0000004  the credentials do not hold
//	401 E0000011  the stateToken, or the factor, is none of a live transaction's
//	403 E0000006  refused by the host, or from another origin
//	403 E0000068  the passcode is wrong, used or exhausted
//	403 E0000079  there is something else to do first, which is not done here
//	404 E0000007  there is no such thing; 405 E0000022 no such method
//	409 E0000001  the user has a key of that name
//	429 E0000047  too many messages or guesses, with Retry-After
//	500 E0000009  something failed
//
// A transaction takes five guesses. A stateToken that was used is one that is
// unknown: what comes after SUCCESS is a new login.
//
// The handler does not limit requests of each client; put it behind a limiter.
package authn
