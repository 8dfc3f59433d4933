// Package messenger is what people are sent: the message, those who deliver it,
// the words it is written in and the link it carries.
//
// A [Message] is what there is to say. A [Messenger] says it: an adapter for a
// mail server or an SMS gateway, [ByChannel] to choose between them, [Console]
// and [Inbox] for the bench. [Templates] turns a Message into subject, text and
// HTML; [Links] builds the link. An [Outbox] stands between a request and a
// Messenger, so that a slow mail server neither delays the answer nor tells who
// exists.
//
// A message goes to the address on record, never to the string that somebody
// typed: whoever fills in [Message.To] takes it from the user. Nothing here
// checks that the person wants the message or has had too many; budgets are the
// business of whoever sends.
package messenger
