package integration

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

const (
	tenant  = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	perCode = 5
	budget  = 6
)

// now is the start of a history: engines may have a clock of their own.
var now = time.Now().UTC().Truncate(time.Millisecond)

func hash(key string) store.Hash { return sha256.Sum256([]byte(key)) }

func one(verbs ...string) func(*rand.Rand) input {
	return func(random *rand.Rand) input { return input{verb: verbs[random.IntN(len(verbs))]} }
}

var workloads = map[string]workload{
	"ticket": ticketWorkload, "meter": meterWorkload, "admission": admissionWorkload, "step": stepWorkload, "rotation": rotationWorkload,
}

// A ticket is spent once, and guessed at five times at most.
type ticketState struct {
	spent bool
	tries int64
}

var ticketWorkload = workload{
	model: stepping(ticketState{}, []output{{answer: ok}}, func(s ticketState, in input, out output) (ticketState, bool) {
		guessable := !s.spent && s.tries < perCode
		switch {
		case in.verb == "exchange" && out.answer == ok:
			return ticketState{spent: true}, !s.spent
		case in.verb == "exchange":
			return s, s.spent
		case out.answer == ok:
			s.tries++
			return s, guessable && (out.n == 0 || out.n == s.tries)
		}
		return s, !guessable
	}),
	prepare: func(ctx context.Context, e store.Engine, key string) error {
		return e.CreateTicket(ctx, store.Ticket{ID: hash(key), Walk: key, Tenant: tenant, Expires: now.Add(time.Hour)}, now)
	},
	draw: one("guess", "guess", "guess", "guess", "guess", "guess", "exchange"),
	call: func(ctx context.Context, e store.Engine, in input) output {
		if in.verb == "exchange" {
			return answer(e.ExchangeTicket(ctx, hash(in.key), store.Exchange{}, now))
		}
		t, err := e.OpenTicket(ctx, hash(in.key), &store.Guess{PerTicket: perCode}, now)
		out := answer(err)
		out.n = int64(t.Attempts)
		return out
	},
}

// A meter gives what it has, and gets back no more than was taken.
var meterWorkload = workload{
	model: stepping(int64(0), []output{{answer: ok}}, func(used int64, in input, out output) (int64, bool) {
		switch {
		case in.verb == "refund":
			return max(used-1, 0), out.answer == ok
		case out.answer == ok:
			return used + 1, used < budget
		}
		return used, used >= budget && out.answer == limit
	}),
	prepare: func(context.Context, store.Engine, string) error { return nil },
	draw:    one("charge", "charge", "refund"),
	call: func(ctx context.Context, e store.Engine, in input) output {
		if in.verb == "refund" {
			return answer(e.Refund(ctx, hash(in.key), now))
		}
		return answer(e.Charge(ctx, store.Charge{Key: hash(in.key), Limit: budget, Window: time.Hour}, now))
	},
}

// A walk is admitted once, and only under the epoch that is. Revoking all
// raises it and ends every session.
type admissionState struct {
	epoch    int64
	walks    string // that were admitted, each with a blank after it
	sessions int64
}

var admissionWorkload = workload{
	model: stepping(admissionState{}, []output{{answer: ok}}, func(s admissionState, in input, out output) (admissionState, bool) {
		switch in.verb {
		case "revoke":
			return admissionState{epoch: s.epoch + 1, walks: s.walks}, out.answer == ok
		case "epoch":
			return s, out.answer == ok && out.n == s.epoch
		case "sessions":
			return s, out.answer == ok && out.n == s.sessions
		}
		walk, epoch := fmt.Sprint(in.n/8, " "), in.n%8
		admitted := strings.Contains(" "+s.walks, " "+walk)
		switch out.answer {
		case ok:
			legal := !admitted && epoch == s.epoch
			return admissionState{s.epoch, s.walks + walk, s.sessions + 1}, legal
		case exists:
			return s, admitted
		}
		return s, out.answer == notFound && epoch != s.epoch
	}),
	prepare: func(context.Context, store.Engine, string) error { return nil },
	draw: func(random *rand.Rand) input {
		in := one("admit", "admit", "admit", "admit", "admit", "sessions", "epoch", "revoke")(random)
		in.n = 8*random.Int64N(6) + random.Int64N(3) // a walk, and an epoch
		return in
	},
	call: func(ctx context.Context, e store.Engine, in input) output {
		switch in.verb {
		case "revoke":
			_, err := e.RevokeGrants(ctx, store.Filter{Tenant: tenant, User: in.key}, now)
			return answer(err)
		case "epoch":
			n, err := e.Epoch(ctx, tenant, in.key)
			out := answer(err)
			out.n = n
			return out
		case "sessions":
			all, err := e.ListGrants(ctx, tenant, in.key, store.Session, now)
			out := answer(err)
			out.n = int64(len(all))
			return out
		}
		walk := fmt.Sprint(in.key, " ", in.n/8)
		l := store.Login{Walk: walk, Tenant: tenant, User: in.key, Epoch: in.n % 8, At: now}
		return answer(e.Admit(ctx, l, &store.Grant{ID: walk, Kind: store.Session, Tenant: tenant, User: in.key}))
	},
}

// A factor takes only steps greater than its last.
var stepWorkload = workload{
	model: stepping(int64(0), []output{{answer: ok}}, func(last int64, in input, out output) (int64, bool) {
		if out.answer == ok {
			return in.n, in.n > last
		}
		return last, in.n <= last && out.answer == notFound
	}),
	prepare: func(ctx context.Context, e store.Engine, key string) error {
		f := store.Factor{FactorID: factor(key), Kind: "authenticator", Created: now}
		if err := e.PutFactor(ctx, f); err != nil {
			return err
		}
		_, err := e.ConfirmFactor(ctx, f.FactorID, 0, nil, now)
		return err
	},
	draw: func(random *rand.Rand) input { return input{verb: "use", n: 1 + random.Int64N(40)} },
	call: func(ctx context.Context, e store.Engine, in input) output {
		return answer(e.UseFactor(ctx, factor(in.key), in.n, now))
	},
}

func factor(user string) store.FactorID {
	return store.FactorID{Tenant: tenant, User: user, ID: "totp"}
}

// A grant has one successor at each counter, until it is revoked.
type rotationState struct {
	counter int64
	revoked bool
}

var rotationWorkload = workload{
	model: stepping(rotationState{}, []output{{answer: ok}}, func(s rotationState, in input, out output) (rotationState, bool) {
		switch {
		case in.verb == "revoke":
			return rotationState{s.counter, true}, out.answer == ok
		case out.answer == ok:
			return rotationState{s.counter + 1, false}, !s.revoked && s.counter == in.n
		case out.answer == lost:
			return s, !s.revoked && s.counter != in.n
		}
		return s, s.revoked && out.answer == notFound
	}),
	prepare: func(ctx context.Context, e store.Engine, key string) error {
		return e.CreateGrant(ctx, store.Grant{ID: key, Kind: store.Session, Tenant: tenant, User: key}, 0, now)
	},
	draw: func(random *rand.Rand) input {
		if random.IntN(40) == 0 {
			return input{verb: "revoke"}
		}
		return input{verb: "rotate", n: random.Int64N(4)}
	},
	call: func(ctx context.Context, e store.Engine, in input) output {
		if in.verb == "revoke" {
			_, err := e.RevokeGrants(ctx, store.Filter{ID: in.key}, now)
			return answer(err)
		}
		rotated, err := e.RotateGrant(ctx, in.key, store.Rotation{From: in.n, Expires: now.Add(time.Hour)}, now)
		if err == nil && !rotated {
			return output{answer: lost}
		}
		return answer(err)
	},
}
