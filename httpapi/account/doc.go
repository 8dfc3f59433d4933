// Package account is second factors over HTTP, for a signed-in user to manage
// themselves, and the login that goes with it.
//
//	POST   /auth/login             {email, password}, x-otp     → {idToken, refreshToken}
//	POST   /auth/login/refresh     {refreshToken}               → {idToken}
//	POST   /auth/otp/methods/sms   {phone, country}, x-otp      → profile: a code is on its way
//	POST   /auth/otp/methods/totp  {}, x-otp                    → profile, with the secret, once
//	DELETE /auth/otp/methods/totp  x-otp                        → profile
//	GET    /auth/otp/code          ?method=EMAIL or SMS, x-otp  → {validUntil, channel, validated}
//	POST   /auth/otp/code          {channel}, x-otp             → profile: the method counts
//
// [New] makes a handler for a mux of its own or, behind http.StripPrefix, under
// any path. All but the first two take the idToken as a Bearer token, and never
// a cookie: the sixth sends a message by GET.
//
// # The header x-otp
//
// It carries a code: never a URL or a body does. The last two lines above take the
// code that was sent, or that the authenticator shows. Whoever has a confirmed
// method must prove it to change anything, by what the authenticator shows or a
// recovery code; or by a code that the sixth call sent, if ?method= says where to.
// Who has none yet sends no x-otp but to confirm.
//
// # Login
//
// Whoever has a second factor proves it at login: with x-otp, beside the password.
// Without it the answer is an error of type otp_required, with a twoFactorId and
// the methods. {twoFactorId, methodId} has a code sent, and answers 204;
// {twoFactorId} with x-otp signs in. Where [Config].Password is nil a login
// is {code, oneTimeCode}, those of a passwordless login.
//
// # Answers
//
// Instants are ISO 8601 in UTC, with milliseconds. Errors are
//
//	{"error": {"type": "otp_invalid", "message": "OTP is not valid"}}
//
//	400 invalid_request, method_not_allowed, already_configured, not_configured, unverified
//	401 authentication, otp_required    or 403: see Config.AuthenticationStatus
//	401 otp_invalid
//	403 invalid_refresh_token, forbidden
//	404 not_found, 405 method, 413 and 415 invalid_request
//	429 attempts_exhausted              or 401 or 402: see Config.ExhaustedStatus
//	500 internal, with an id
//
// The handler does not limit requests of each client; put it behind a limiter.
package account
