package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
)

// Many users take longer to plant than the code of an authenticator lives.
func TestASeedTakesItsTime(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-addr", "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := open(t.Context(), o, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, io.Discard, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	put := s.put
	s.put = func(ctx context.Context, u identity.User) error {
		s.clock.ahead.Add(int64(10 * time.Minute))
		return put(ctx, u)
	}
	s.seed.Users = nil
	for i := range 3 {
		var u seedUser
		if err := json.Unmarshal(fmt.Appendf(nil, `{"id":"%d","active":true,"verified":true,"email":"jared+%[1]d@piedpiper.com",
			"twoFactor":{"methods":[{"method":"authenticator","secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}]}}`, i), &u); err != nil {
			t.Fatal(err)
		}
		s.seed.Users = append(s.seed.Users, u)
	}
	if err := s.plant(t.Context()); err != nil {
		t.Error(err)
	}
}
