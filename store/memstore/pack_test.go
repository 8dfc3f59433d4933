package memstore

import (
	"reflect"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
)

// FuzzPack has tickets and logins come back as they were, whatever is in them.
func FuzzPack(f *testing.F) {
	const id = "00000000-0000-0001-0000-000000000000"
	f.Add(id, "9B2D5A30-0000-4000-8000-000000000000", []byte(nil), []byte{}, int64(1795435200123), int64(5), true)
	f.Add("", "{00000000-0000-0001-0000-000000000000}", []byte("\x00\xff"), []byte(nil), int64(-62135596800000), int64(-1), false)
	f.Add("urn:uuid:"+id, "000000000000000100000000000000000", []byte("sealed"), []byte("{}"), int64(0), int64(1)<<62, true)
	f.Fuzz(func(t *testing.T, a, b string, code, data []byte, ms, n int64, flag bool) {
		ms %= 1e15 // some thirty thousand years
		k := store.Ticket{
			ID: store.Hash{1}, Purpose: a, Walk: b, Tenant: b, User: a, Budget: store.Hash{2}, Expires: at(ms), Sent: at(-ms),
			Attempts: int(n), Sends: int(-n), Code: code, Data: data,
		}
		if got := packTicket(k).unpack(k.ID); !reflect.DeepEqual(got, k) {
			t.Errorf("%+v came back as %+v", k, got)
		}
		if packTicket(k).ends() != k.Expires.UnixMilli() {
			t.Error("a ticket ends at another instant than it expires")
		}
		l := store.Login{
			Walk: a, Tenant: a, User: b, Application: b, Identity: identity.Identifier{Type: identity.IdentityType(b), Value: a},
			Implicit: flag, First: !flag, Epoch: n, At: at(ms), IP: a, Agent: b, Data: data,
		}
		if got := packLogin(l).unpack(who{a, b}); !reflect.DeepEqual(got, l) {
			t.Errorf("%+v came back as %+v", l, got)
		}
	})
}

// TIM-02
func TestTimesAreCut(t *testing.T) {
	t.Parallel()
	now := time.Now().In(time.FixedZone("elsewhere", 3600))
	got := cut(now)
	if got.Location() != time.UTC || got.Nanosecond()%int(time.Millisecond) != 0 || got != got.Round(0) {
		t.Errorf("%v is kept as %#v, want UTC in milliseconds without a monotonic reading", now, got)
	}
	if !cut(time.Time{}).IsZero() {
		t.Error("no time became one")
	}
}
