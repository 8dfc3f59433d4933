package messenger_test

import (
	"context"
	"io"
	"testing"

	"github.com/gatehouse-go/gatehouse/messenger"
)

// What delivers behind the request, or at once, says so; what may wait does not.
func TestQueue(t *testing.T) {
	t.Parallel()
	outbox, err := messenger.NewOutbox(messenger.OutboxConfig{Next: &messenger.Inbox{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []messenger.Messenger{outbox, &messenger.Inbox{}, messenger.Console(io.Discard)} {
		q, ok := m.(messenger.Queue)
		if !ok {
			t.Fatalf("%T is not a Queue", m)
		}
		q.Queues()
		if err := q.Send(t.Context(), messenger.Message{ID: "1", Decoy: true}); err != nil {
			t.Errorf("%T refused a decoy: %v", m, err)
		}
	}
	var slow messenger.Messenger = messenger.Func(func(context.Context, messenger.Message) error { return nil })
	if _, ok := slow.(messenger.Queue); ok {
		t.Error("a plain function is a Queue")
	}
}
