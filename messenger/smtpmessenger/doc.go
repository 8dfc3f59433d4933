// Package smtpmessenger delivers messages by email: a [messenger.Messenger] that
// hands them to one mail server, which takes them further. It writes each as
// text and HTML (RFC 2045 and 2046), speaks SMTP (RFC 5321) under TLS, and
// needs nothing but the standard library.
//
// It speaks SMTP itself, on [net/textproto]. [net/smtp] asks every server that
// offers SMTPUTF8 for it, and mail that was asked for so can fail at the next
// server, which does not; it reads replies of any length, and its errors quote
// them, which quote addresses.
//
// Put a [messenger.Outbox] before it, as passwordless.New does: Send waits for
// the mail server, and tries once.
package smtpmessenger
