// Package secret holds what must not be guessed or seen: values that print as
// [redacted], the generator of codes, and the keys that seal and authenticate
// what is stored.
//
// It imports the standard library alone, and knows nothing of users or logins.
package secret
