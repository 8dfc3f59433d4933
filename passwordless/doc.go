// Package passwordless is the login: somebody says who they are, is sent a link
// or a short code, and comes back with it.
//
// # A login in order
//
//	Begin, or Start and Send   a message leaves; nobody learns who exists
//	Peek                       what a page may show before the person acts
//	Complete                   the code is spent, and the login decided
//
// [Login.Begin] is for a handler that answers a browser: it returns only what a
// browser may hold. [Login.Start] and [Login.Send] are the same in two steps, for
// a service that is trusted with the code. [Login.Complete] ends either.
//
// There are two kinds of login, fixed when it starts. With ClickableLink the code
// is the login itself: it stands in the message and nowhere else. With FormField
// the code is a handle that a browser keeps and that completes nothing alone; the
// message carries a short code, and completing takes both.
//
// # What follows
//
// An outcome is an answer, an error a failure. [Result.Outcome] says how the login
// ended and [Result.Response] is the answer to encode, with what the next step
// takes:
//
//	200 Success, 202 NotRegistered   done; the tokens are in the response
//	203 ChangePasswordRequired       ChangePassword, then Complete with what it gives
//	212 IdentityUnverified           SendVerifyIdentity and VerifyIdentity, or by link
//	                                 StartVerifyIdentity first; then log in again
//	213 RegistrationUnverified       the same, with …VerifyRegistration
//	242 TwoFactorRequired            CompleteTwoFactor, after SendTwoFactor for a code that
//	                                 is sent; EnrolTwoFactor and ConfirmTwoFactor, or
//	                                 EnableTwoFactor first, for a person who has no
//	                                 factor and must
//	409, 410, 423                    nothing the person can do now
//
// What the person leaves with is refreshed, listed and revoked by [Login.Sessions];
// their second factors are enrolled and managed by [Login.Factors]. [Login.Vouch]
// is a login whose first factor the caller has checked, such as a password.
//
// A tenant that allows unverified logins has tokens with 212 and 213 too. Every
// outcome spends the code. Of the errors, [ErrRefused] is the one answer to a code
// that is wrong, expired, spent, exhausted or unknown; *[ValidationError] says
// what is wrong with the request; *[RateLimitError] says when to try again; any
// other means that something failed.
//
// # What is left to the caller
//
// The page that a link leads to must do nothing until the person acts: mail
// scanners open links, and some run scripts. Answer GET with a page that asks, by
// Peek if need be, and call Complete on POST alone.
//
// A login by link completes in whichever browser its link is opened, so that
// somebody may be led into another's account, unless it is bound to the browser
// that asked: give StartRequest.Browser and LoginRequest.Browser, by
// [BrowserSecret]. [ErrOtherBrowser] then asks for an explicit act.
//
// Guesses, starts and sends are limited for each person and address, over all
// machines. Requests from one client are not, beyond StartRequest.IPAddress: put
// the handlers behind a limiter. Serve them over TLS alone, and send what carries
// a code or a token with Cache-Control: no-store.
//
// Keep what Start returns from browsers, and set RevealUnknown for nobody whom
// you would not tell who your users are.
package passwordless
