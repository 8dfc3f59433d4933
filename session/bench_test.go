package session_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/session"
)

func BenchmarkRefresh(b *testing.B) {
	h := newHouse(b)
	h.config.Events, h.config.Denylist = nil, nil
	s, next := h.sessions(), h.login().RefreshToken
	b.ReportAllocs()
	for b.Loop() {
		r, err := s.Refresh(b.Context(), session.RefreshRequest{RefreshToken: next.Text})
		if err != nil {
			b.Fatal(err)
		}
		next = r.RefreshToken
	}
}

func BenchmarkCheckAPIKey(b *testing.B) {
	h := newHouse(b)
	k := h.program()
	made, err := k.CreateAPIKey(b.Context(), who(), "laptop", nil)
	h.must(err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.CheckAPIKey(b.Context(), tenant.ID, made.Secret.Text); err != nil {
			b.Fatal(err)
		}
	}
}
