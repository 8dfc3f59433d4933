// Package mfa is the second proof: enrolling it, asking for it, checking it,
// and what follows when it is lost.
//
// [Factors] serves two callers. A service's own handlers manage the factors of
// a signed-in user, whom they name by [Who]; every such call reads the user
// again, and refuses one who is locked, expired or gone. Package passwordless
// checks a factor within a login, through [Factors.Prove] and
// [Factors.SendCode].
//
// There are authenticators (TOTP, RFC 6238), codes by e-mail and by SMS, and
// recovery codes. A guess is charged before it is compared, to its user and its
// kind, and a right one is claimed before it counts, so that it counts once. A
// method whose budget is spent is closed for a day, and the others stay open.
package mfa
