package redisstore_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/redisstore"
)

var (
	now     = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	day     = 24 * time.Hour
	errDown = errors.New("connection refused")
)

// server answers scripts in turn, each with what is next in answers, and notes
// the keys and arguments. An error among the answers is returned as one.
type server struct {
	answers []any
	keys    []string
	args    [][]string
}

func (s *server) eval(_ context.Context, _, key string, args []string) (any, error) {
	s.keys, s.args = append(s.keys, key), append(s.args, args)
	answer := s.answers[0]
	s.answers = s.answers[1:]
	if err, ok := answer.(error); ok {
		return nil, err
	}
	return answer, nil
}

func open(t *testing.T, answers ...any) (*redisstore.Store, *server) {
	t.Helper()
	server := &server{answers: answers}
	s, err := redisstore.New(redisstore.Config{Eval: server.eval})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n := len(server.answers); n > 0 {
			t.Errorf("%d of the scripts that were expected did not run", n)
		}
	})
	return s, server
}

func ticket() store.Ticket {
	return store.Ticket{
		ID: store.Hash{1}, Purpose: "login", Walk: "walk", Tenant: "f24aca2b-ce4a-4dad-951a-c9d690e71415",
		User: "00000000-0000-0001-0000-000000000000", Budget: store.Hash{2}, Expires: now.Add(time.Minute),
		Code: []byte("sealed\x00\xff"), Data: []byte{},
	}
}

func charge(key byte) store.Charge {
	return store.Charge{Key: store.Hash{key}, Limit: 5, Window: day}
}

func TestNewNeedsEval(t *testing.T) {
	t.Parallel()
	if _, err := redisstore.New(redisstore.Config{}); err == nil || !strings.Contains(err.Error(), "Config.Eval") {
		t.Errorf("New without Eval: %v, want an error that names the field", err)
	}
}

func TestKeysBeginWithThePrefix(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]string{"": "gatehouse:", "{login}/": "{login}/"} {
		server := &server{answers: []any{int64(0), int64(1)}}
		s, err := redisstore.New(redisstore.Config{Eval: server.eval, Prefix: prefix})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.CreateTicket(t.Context(), ticket(), now, charge(1)); err != nil {
			t.Fatal(err)
		}
		for _, key := range server.keys {
			if !strings.HasPrefix(key, want) {
				t.Errorf("with the prefix %q a key is %q", prefix, key)
			}
		}
		if server.keys[0] == server.keys[1] {
			t.Error("a meter and a ticket with one hash have one key")
		}
	}
}

// SEC-04 LIM-04: a server that fails is never a success, and never an answer of
// the contract.
func TestFailuresAreFailures(t *testing.T) {
	t.Parallel()
	next := ticket()
	guess := &store.Guess{PerTicket: 5, PerBudget: 20, Window: day}
	read := func(pairs ...string) []any { return reply(pairs) }
	kept := strings.Repeat("\x00", 12+32+4)
	for name, c := range map[string]struct {
		answers []any
		call    func(s *redisstore.Store) error
	}{
		"create":         {[]any{errDown}, func(s *redisstore.Store) error { return s.CreateTicket(t.Context(), ticket(), now) }},
		"create, charge": {[]any{errDown}, func(s *redisstore.Store) error { return s.CreateTicket(t.Context(), ticket(), now, charge(1)) }},
		"create, longest": {[]any{int64(9), errDown}, func(s *redisstore.Store) error {
			return s.CreateTicket(t.Context(), ticket(), now, charge(1), charge(2))
		}},
		"create, exists":        {[]any{int64(9), errDown}, func(s *redisstore.Store) error { return s.CreateTicket(t.Context(), ticket(), now, charge(1)) }},
		"create after a charge": {[]any{int64(0), errDown}, func(s *redisstore.Store) error { return s.CreateTicket(t.Context(), ticket(), now, charge(1)) }},
		"open": {[]any{errDown}, func(s *redisstore.Store) error {
			_, err := s.OpenTicket(t.Context(), store.Hash{1}, nil, now)
			return err
		}},
		"guess": {[]any{errDown}, func(s *redisstore.Store) error {
			_, err := s.OpenTicket(t.Context(), store.Hash{1}, guess, now)
			return err
		}},
		"guess, budget": {[]any{read("k", kept, "e", "1"), errDown}, func(s *redisstore.Store) error {
			_, err := s.OpenTicket(t.Context(), store.Hash{1}, guess, now)
			return err
		}},
		"send, charge": {[]any{errDown}, func(s *redisstore.Store) error {
			return s.SendTicket(t.Context(), store.Hash{1}, store.Sending{Charge: charge(1)}, now)
		}},
		"send, refused": {[]any{int64(9), errDown}, func(s *redisstore.Store) error {
			return s.SendTicket(t.Context(), store.Hash{1}, store.Sending{Charge: charge(1)}, now)
		}},
		"send": {[]any{int64(0), errDown}, func(s *redisstore.Store) error {
			return s.SendTicket(t.Context(), store.Hash{1}, store.Sending{Charge: charge(1)}, now)
		}},
		"exchange": {[]any{errDown}, func(s *redisstore.Store) error {
			return s.ExchangeTicket(t.Context(), store.Hash{1}, store.Exchange{}, now)
		}},
		"exchange, next": {[]any{int64(1), errDown}, func(s *redisstore.Store) error {
			return s.ExchangeTicket(t.Context(), store.Hash{1}, store.Exchange{Next: &next, Refund: &next.Budget}, now)
		}},
		"charge": {[]any{errDown}, func(s *redisstore.Store) error { return s.Charge(t.Context(), charge(1), now) }},
		"refund": {[]any{errDown}, func(s *redisstore.Store) error { return s.Refund(t.Context(), store.Hash{1}, now) }},
		"check":  {[]any{errDown}, func(s *redisstore.Store) error { return s.Check(t.Context()) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := open(t, c.answers...)
			if err := c.call(s); !errors.Is(err, errDown) {
				t.Errorf("%v, want the error of Eval", err)
			}
		})
	}
}

// The ticket is spent and the next is there: a refund that fails is left.
func TestRefundThatFailsDoesNotUndoAnExchange(t *testing.T) {
	t.Parallel()
	next := ticket()
	s, _ := open(t, int64(1), int64(1), errDown)
	if err := s.ExchangeTicket(t.Context(), store.Hash{3}, store.Exchange{Next: &next, Refund: &next.Budget}, now); err != nil {
		t.Errorf("ExchangeTicket: %v", err)
	}
}

// LIM-03: only an exchange that won refunds.
func TestExchangeThatLostDoesNothingElse(t *testing.T) {
	t.Parallel()
	next := ticket()
	x := store.Exchange{Next: &next, Refund: &next.Budget}
	s, _ := open(t, int64(0))
	if err := s.ExchangeTicket(t.Context(), store.Hash{3}, x, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("ExchangeTicket: %v, want ErrNotFound", err)
	}
	s, _ = open(t, int64(1), int64(0))
	if err := s.ExchangeTicket(t.Context(), store.Hash{3}, x, now); !errors.Is(err, store.ErrExists) {
		t.Errorf("ExchangeTicket: %v, want ErrExists", err)
	}
}

// Charges are taken in one order, whatever the caller's, and given back if one
// is refused.
func TestChargesAreTakenInOneOrderAndGivenBack(t *testing.T) {
	t.Parallel()
	absent := []any{}
	var orders [2][]string
	for i, charges := range [][]store.Charge{{charge(1), charge(2), charge(3)}, {charge(3), charge(1), charge(2)}} {
		// One is taken, two is refused, one is given back, three is looked at,
		// and there is no ticket.
		s, server := open(t, int64(0), int64(1000), int64(1), int64(60000), absent)
		err := s.CreateTicket(t.Context(), ticket(), now, charges...)
		if limit := (*store.LimitError)(nil); !errors.As(err, &limit) || limit.RetryAfter != time.Minute {
			t.Errorf("CreateTicket: %v, want the longest wait, a minute", err)
		}
		if server.keys[2] != server.keys[0] {
			t.Error("what was given back is not what was taken")
		}
		orders[i] = server.keys
	}
	if !slices.Equal(orders[0], orders[1]) {
		t.Errorf("two orders: %q and %q", orders[0], orders[1])
	}
}

// A reply that is not known to have been a refusal gives no charge back.
func TestWhatMayHaveBeenDoneIsNotGivenBack(t *testing.T) {
	t.Parallel()
	s, server := open(t, int64(0), int64(0), errDown)
	if err := s.CreateTicket(t.Context(), ticket(), now, charge(1), charge(2)); !errors.Is(err, errDown) {
		t.Errorf("CreateTicket: %v", err)
	}
	if len(server.keys) != 3 {
		t.Errorf("%d scripts ran, want two charges and the ticket", len(server.keys))
	}
}

func TestLimitsOfZeroAskNobody(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	for _, limit := range []int{0, -1} {
		err := s.Charge(t.Context(), store.Charge{Key: store.Hash{1}, Limit: limit, Window: day}, now)
		if refused := (*store.LimitError)(nil); !errors.As(err, &refused) || refused.RetryAfter != 0 {
			t.Errorf("Charge with a limit of %d: %v, want a *LimitError without end", limit, err)
		}
	}
}

func TestDeleteExpiredHasNothingToDo(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	if n, err := s.DeleteExpired(t.Context(), now, 100); n != 0 || err != nil {
		t.Errorf("DeleteExpired: %d and %v", n, err)
	}
}
