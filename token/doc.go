// Package token is the JWT that a person leaves with: who signs it, who
// believes it, and with which keys.
//
// An [Issuer] completes [Claims] and signs them with the signing key of a
// [KeySet]. A [Verifier] takes any string and returns claims, or an error and
// nothing else. The two agree on a narrow form: a compact JWS (RFC 7515) whose
// algorithm is decided by the key, never by the token, whose header type is
// at+jwt (RFC 9068), and which carries iss, sub, aud, exp, iat, jti and tid.
//
// A [Key] is one id, one algorithm and one piece of key material, checked when
// it is made. Keys come from [GenerateKey], [NewKey], [NewHMACKey],
// [NewRemoteKey], PEM, JWK and JWK Set bytes, or a file ([LoadFile]).
//
// To rotate, [KeySet.Add] the new key, wait until every verifier has fetched
// the published set again ([KeySet.Handler]), [KeySet.SignWith] it, wait for the
// longest lifetime of a token, and [KeySet.Remove] the old one.
//
// A valid token says what was true when it was signed. Whether the session has
// been revoked since, or the user locked, is not in it.
package token
