package redisstore_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/redisstore"
)

// What the arguments of CreateTicket hold comes back as the same ticket.
func TestOpenTicketReadsWhatCreateTicketWrites(t *testing.T) {
	t.Parallel()
	full := ticket()
	full.Attempts, full.Sends, full.Sent = 3, 2, now.Add(-time.Minute)
	bare := store.Ticket{ID: store.Hash{1}, Expires: now.Add(time.Minute)}
	for _, want := range []store.Ticket{ticket(), full, bare} {
		s, server := open(t, int64(1))
		if err := s.CreateTicket(t.Context(), want, now); err != nil {
			t.Fatal(err)
		}
		s, _ = open(t, reply(server.args[0][2:]))
		got, err := s.OpenTicket(t.Context(), want.ID, nil, now)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Expires.Equal(want.Expires) || !got.Sent.Equal(want.Sent) || got.Attempts != want.Attempts || got.Sends != want.Sends ||
			got.Purpose != want.Purpose || got.Walk != want.Walk || got.Tenant != want.Tenant || got.User != want.User ||
			got.ID != want.ID || got.Budget != want.Budget || !bytes.Equal(got.Code, want.Code) || !bytes.Equal(got.Data, want.Data) ||
			(got.Code == nil) != (want.Code == nil) {
			t.Errorf("a ticket came back as another: %+v, want %+v", got, want)
		}
	}
}

// reply is what the server returns for these fields and values.
func reply(pairs []string) []any {
	values := make([]any, 7)
	for i, field := range []string{"k", "e", "n", "s", "t", "c", "d"} {
		if at := slices.Index(pairs, field); at >= 0 && at%2 == 0 {
			values[i] = pairs[at+1]
		}
	}
	return values
}

// A client may send a script again: what it created is told from what was there.
func TestNoTwoCreatesAreAlike(t *testing.T) {
	t.Parallel()
	s, server := open(t, int64(1), int64(1))
	for range 2 {
		if err := s.CreateTicket(t.Context(), ticket(), now); err != nil {
			t.Fatal(err)
		}
	}
	if server.args[0][3] == server.args[1][3] {
		t.Error("two calls of CreateTicket write the same: the second would pass for the first, sent again")
	}
}

// FLT-02: no error says what a ticket holds.
func TestErrorsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	for _, answer := range []any{"hunter2", nil, 1, []any{"hunter2"}, []any{nil, nil, nil, nil, nil, nil, nil},
		[]any{"hunter2", "hunter2", nil, nil, nil, nil, nil}, []any{7, int64(1), nil, nil, nil, nil, nil}} {
		s, _ := open(t, answer)
		got, err := s.OpenTicket(t.Context(), store.Hash{1}, nil, now)
		if err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("a reply that is none of ours, %v, gave a ticket %v and %v", answer, got, err)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats what the server said: %v", err)
		}
	}
}

// FuzzOpenTicket has a server answer whatever it likes.
func FuzzOpenTicket(f *testing.F) {
	f.Add([]byte(strings.Repeat("\x00", 48)), []byte("1763888400000"), []byte("1"), []byte("c"))
	f.Add([]byte(strings.Repeat("\x00", 44)+"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), []byte("-1"), []byte(""), []byte{})
	f.Add([]byte(strings.Repeat("\x00", 44)+"\x05login\x01w\x00\x00"), []byte("1e9"), []byte("99999999999999999999"), []byte(nil))
	f.Fuzz(func(t *testing.T, kept, ends, guesses, code []byte) {
		server := &server{answers: []any{[]any{kept, ends, string(guesses), nil, nil, code, string(code)}}}
		s, err := redisstore.New(redisstore.Config{Eval: server.eval})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.OpenTicket(t.Context(), store.Hash{1}, nil, now)
		if err != nil {
			if got.Purpose != "" || got.Code != nil {
				t.Error("an error, and a ticket with it")
			}
			return
		}
		if len(got.Purpose)+len(got.Walk)+len(got.Tenant)+len(got.User) > len(kept) {
			t.Error("a ticket holds more than the server said")
		}
	})
}
