package messenger

// Queue is a Messenger whose Send takes a message in and never waits for it to
// be delivered, so that how long it takes tells nothing of whom it is for. It
// takes in decoys like others, and drops them. [Outbox] is one. [Console] and
// [Inbox], which are for developers, say so of themselves.
type Queue interface {
	Messenger

	// Queues marks the Messenger. It does nothing.
	Queues()
}

// Queues implements [Queue].
func (*Outbox) Queues() {}

// Queues implements [Queue].
func (*Inbox) Queues() {}

// Queues implements [Queue].
func (*console) Queues() {}
