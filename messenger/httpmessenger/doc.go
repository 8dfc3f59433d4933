// Package httpmessenger delivers messages by SMS: a [messenger.Messenger] that
// posts them to a gateway over HTTPS, as JSON, as a form, or as whatever else the
// gateway reads. [Twilio] is ready to use; other gateways take a [Config] of a
// few lines. It needs nothing but the standard library.
//
// Put a [messenger.Outbox] before it, as passwordless.New does: Send waits for
// the gateway, and asks once.
package httpmessenger
