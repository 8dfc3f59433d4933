package storetest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/store"
	"github.com/gatehouse-go/gatehouse/store/memstore"
	"github.com/gatehouse-go/gatehouse/storetest"
)

// brokenStore names, to a child process, the store that it is to run the kit against.
const brokenStore = "GATEHOUSE_BROKEN_STORE"

// broken is a store with one mistake, each of which somebody has made, and the
// cases that must find it.
type broken struct {
	name  string
	rules string // of the kit, as -test.run takes them
	open  func(s *memstore.Store) store.Store
}

// engine has one verb or a few replaced, and hides that memstore is joined.
type engine struct{ store.Engine }

func wrong(e store.Engine) store.Store { return store.Of(e) }

// pause lets others in where a mistake leaves the door open.
func pause() {
	for range 20 {
		runtime.Gosched()
	}
}

func (b broken) subject(*testing.T) storetest.Subject {
	s := memstore.New()
	return storetest.Subject{
		Store:   b.open(s),
		AddUser: func(u identity.User) (identity.User, error) { return u, s.Put(u) },
	}
}

// SEC-01 SEC-02 SEC-03 LIM-01 LIM-02 LIM-03 LIM-13 MFA-05 MFA-10 MFA-11 REF-01 IDN-09 IDN-12
// A kit that passes everything proves nothing: each of these it has to refuse.
func TestBrokenStoresAreRefused(t *testing.T) {
	if name := os.Getenv(brokenStore); name != "" {
		for _, b := range brokenStores {
			if b.name == name {
				storetest.Run(t, b.subject)
			}
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range brokenStores {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			for rule := range strings.FieldsSeq(b.rules) {
				part, name, _ := strings.Cut(rule, "/")
				run := "^TestBrokenStoresAreRefused$/^" + part + "$/^" + name + "$"
				child := exec.CommandContext(t.Context(), self, "-test.run="+run, "-test.v", "-test.timeout=1m")
				child.Env = append(os.Environ(), brokenStore+"="+b.name)
				out, err := child.CombinedOutput()
				var exit *exec.ExitError
				if err != nil && !errors.As(err, &exit) {
					t.Fatal(err)
				}
				if failed := "--- FAIL: TestBrokenStoresAreRefused/" + rule + " "; exit == nil || !strings.Contains(string(out), failed) {
					t.Errorf("the kit's %s let this store pass:\n%s", rule, out)
				}
			}
		})
	}
}

var brokenStores = []broken{
	{"exchange reads, then deletes", "Tickets/ExchangeTicketOnlyOneWins Login/FinishOnlyOneWins", func(s *memstore.Store) store.Store {
		return wrong(readThenDelete{s})
	}},
	{"exchange keeps the ticket", "Tickets/ExchangeTicketTwiceIsErrNotFound Tickets/ExchangeTicketSpendsAndStoresTheNext", func(s *memstore.Store) store.Store {
		return wrong(neverSpends{s})
	}},
	{"every exchange refunds", "Tickets/ExchangeTicketRefundsOnce Tickets/ExchangeTicketThatFailsRefundsNothing", func(s *memstore.Store) store.Store {
		return wrong(refundsAlways{s})
	}},
	{"exchange stores the next before it spends", "Tickets/ExchangeTicketOnlyTheWinnersNextLives", func(s *memstore.Store) store.Store {
		return wrong(nextFirst{s})
	}},
	{"guesses are read, compared and written", "Tickets/GuessesAreExactInACrowd", func(s *memstore.Store) store.Store {
		return wrong(&readsThenCounts{engine: engine{s}})
	}},
	{"guesses are charged to the ticket alone", "Tickets/BudgetIsExactOverManyTickets Tickets/SpentBudgetIsALimitErrorAndTheTicketStaysCharged", func(s *memstore.Store) store.Store {
		return wrong(ticketAlone{s})
	}},
	{"a refused guess is rolled back", "Tickets/SpentBudgetIsALimitErrorAndTheTicketStaysCharged", func(s *memstore.Store) store.Store {
		return wrong(rollsBack{s})
	}},
	{"charges make a window longer", "Tickets/ChargesFollowNoWindow Tickets/GuessingMakesNothingLiveLonger", func(s *memstore.Store) store.Store {
		return wrong(&slidingWindow{engine: engine{s}, used: map[store.Hash][]time.Time{}})
	}},
	{"refused charges are counted", "Tickets/RefusedChargesTakeNothing", func(s *memstore.Store) store.Store {
		return wrong(&countsRefused{engine: engine{s}, refused: map[store.Hash]int{}})
	}},
	{"sending gives guesses back", "Tickets/SendTicketReplacesTheCodeAndCounts Tickets/SendTicketNeverGivesGuessesBack", func(s *memstore.Store) store.Store {
		return wrong(sendResets{s})
	}},
	{"creating ignores charges", "Tickets/CreateTicketTakesItsCharges Tickets/CreateTicketKeepsNothingIfAChargeIsSpent", func(s *memstore.Store) store.Store {
		return wrong(ignoresCharges{s})
	}},
	{"creating charges one after the other", "Tickets/CreateTicketKeepsNothingIfAChargeIsSpent Tickets/CreateTicketChargesAreExactInACrowd", func(s *memstore.Store) store.Store {
		return wrong(oneByOne{s})
	}},
	{"creating replaces", "Tickets/CreateTicketIsErrExistsForALiveID Tickets/CreateTicketOnlyOneWinsAnID", func(s *memstore.Store) store.Store {
		return wrong(createReplaces{s})
	}},
	{"ended tickets keep their id", "Tickets/EndedTicketMakesRoom", func(s *memstore.Store) store.Store {
		return wrong(&noRoom{engine: engine{s}, ids: map[store.Hash]bool{}})
	}},
	{"expiry is left to a sweep", "Tickets/TicketIsDeadFromItsExpiryOn Grants/GrantIsDeadFromItsExpiryOn", func(s *memstore.Store) store.Store {
		return wrong(neverExpires{s})
	}},
	{"sweeping forgets budgets", "Tickets/DeleteExpiredKeepsWhatCounts Tickets/TicketsAgreeWithTheirModel", func(s *memstore.Store) store.Store {
		return wrong(&sweepsBudgets{engine: engine{s}, keys: map[store.Hash]bool{}})
	}},
	{"sweeping is sharp to the instant", "Tickets/DeleteExpiredKeepsAnHourBeyond Grants/DeleteExpiredKeepsLiveGrants", func(s *memstore.Store) store.Store {
		return wrong(sweepsSharply{s})
	}},
	{"walks are not guarded", "Grants/AdmitTakesAWalkOnce Grants/AdmitOnlyOneWins Login/FinishOnlyOneWinsAWalk", func(s *memstore.Store) store.Store {
		return wrong(forgetsWalks{s})
	}},
	{"the epoch is not compared", "Grants/AdmitOfAnotherEpochIsErrNotFoundAndKeepsNothing Grants/RevokeGrantsBeatsLoginsOnTheirWay", func(s *memstore.Store) store.Store {
		return wrong(ignoresEpoch{s})
	}},
	{"the epoch is compared too early", "Grants/RevokeGrantsBeatsLoginsOnTheirWay", func(s *memstore.Store) store.Store {
		return wrong(comparesEarly{s})
	}},
	{"a first proof ends nothing", "Grants/AdmitFirstEndsAllThatWasGrantedBefore", func(s *memstore.Store) store.Store {
		return wrong(firstIsNothing{s})
	}},
	{"sessions are stored before logins", "Grants/AdmitTakesAWalkOnce", func(s *memstore.Store) store.Store {
		return wrong(sessionFirst{s})
	}},
	{"rotation reads, then writes", "Grants/RotateGrantOnlyOneWins", func(s *memstore.Store) store.Store {
		return wrong(rotatesBlindly{s})
	}},
	{"revocation spares the epoch", "Grants/RevokeGrantsOfEverythingRaisesTheEpoch Grants/RevokeGrantsBeatsAGrantOnItsWay", func(s *memstore.Store) store.Store {
		return wrong(sparesEpoch{s})
	}},
	{"a filter without a user is everybody's", "Grants/RevokeGrantsNeedsToKnowWhose", func(s *memstore.Store) store.Store {
		return wrong(anyFilter{s})
	}},
	{"revocation spares the expired", "Grants/RevokedStaysRevokedWhenTheClockIsSetBack", func(s *memstore.Store) store.Store {
		return wrong(sparesExpired{s})
	}},
	{"steps are remembered as the last, not the greatest", "Factors/UseFactorTakesOnlyAGreaterStep", func(s *memstore.Store) store.Store {
		return wrong(&lastStepOnly{engine: engine{s}})
	}},
	{"steps are read, then written", "Factors/UseFactorOnlyOneWinsAStep", func(s *memstore.Store) store.Store {
		return wrong(stepReadFirst{s})
	}},
	{"recovery codes are read, then deleted", "Factors/TakeRecoveryCodeOnlyOneWins", func(s *memstore.Store) store.Store {
		return wrong(codeReadFirst{s})
	}},
	{"recovery codes are replaced one by one", "Factors/ReplaceRecoveryCodesLeavesOneWholeSet", func(s *memstore.Store) store.Store {
		return wrong(&addsCodes{engine: engine{s}})
	}},
	{"putting a factor replaces a confirmed one", "Factors/PutFactorIsErrExistsForAConfirmedOne", func(s *memstore.Store) store.Store {
		return wrong(putReplaces{s})
	}},
	{"tenants share their users", "Users/UsersAreTheirTenantsOwn", func(s *memstore.Store) store.Store {
		return wrong(oneTenant{s})
	}},
	{"tenants share their factors", "Factors/FactorsAreTheirUsersOwn Factors/ListFactorsListsOnesOwnOldestFirst", func(s *memstore.Store) store.Store {
		return wrong(oneTenant{s})
	}},
	{"a collation folds case and spaces", "Users/IdentifiersAreComparedByteForByte Grants/WalksAndUsersAreComparedByteForByte", func(s *memstore.Store) store.Store {
		return wrong(folds{s})
	}},
	{"last logins go back", "Users/RecordLoginNotesInstantsThatNeverGoBack Users/RecordLoginKeepsTheLatestInACrowd", func(s *memstore.Store) store.Store {
		return wrong(goesBack{engine{s}, s})
	}},
	{"verifying again replaces the reason", "Users/VerifyMarksOnceAndForGood", func(s *memstore.Store) store.Store {
		return wrong(verifiesAgain{engine{s}, s})
	}},
	{"a caller who goes leaves half a login", "Grants/AdmitAppliesWhollyOrNotWhenCancelled", func(s *memstore.Store) store.Store {
		return wrong(halfAdmits{s})
	}},
	{"joined: the ticket is spent last", "Login/FinishThatIsRefusedSpendsTheTicketAndAdmitsNobody", func(s *memstore.Store) store.Store {
		return wrong(&spendsLast{s})
	}},
	{"joined: the epoch is not read", "Login/OpenReadsWhatThePartsSay", func(s *memstore.Store) store.Store {
		return wrong(&opensBlindly{s})
	}},
}

type readThenDelete engine

func (s readThenDelete) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if _, err := s.OpenTicket(ctx, id, nil, now); err != nil {
		return err
	}
	pause()
	_ = s.Engine.ExchangeTicket(ctx, id, x, now)
	return nil
}

type neverSpends engine

func (s neverSpends) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if _, err := s.OpenTicket(ctx, id, nil, now); err != nil {
		return err
	}
	if x.Next != nil {
		return s.CreateTicket(ctx, *x.Next, now)
	}
	return nil
}

type refundsAlways engine

func (s refundsAlways) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if x.Refund != nil {
		_ = s.Refund(ctx, *x.Refund, now)
	}
	return s.Engine.ExchangeTicket(ctx, id, store.Exchange{Next: x.Next}, now)
}

type nextFirst engine

func (s nextFirst) ExchangeTicket(ctx context.Context, id store.Hash, x store.Exchange, now time.Time) error {
	if _, err := s.OpenTicket(ctx, id, nil, now); err != nil {
		return err
	}
	if x.Next != nil {
		_ = s.CreateTicket(ctx, *x.Next, now)
	}
	pause()
	return s.Engine.ExchangeTicket(ctx, id, store.Exchange{Refund: x.Refund}, now)
}

type readsThenCounts struct {
	engine
}

func (s *readsThenCounts) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	t, err := s.Engine.OpenTicket(ctx, id, nil, now)
	if err != nil || g == nil {
		return t, err
	}
	if t.Attempts >= g.PerTicket {
		return store.Ticket{}, store.ErrNotFound
	}
	pause()
	unlimited := *g
	unlimited.PerTicket = 1 << 30
	return s.Engine.OpenTicket(ctx, id, &unlimited, now)
}

type ticketAlone engine

func (s ticketAlone) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	if g != nil {
		g = &store.Guess{PerTicket: g.PerTicket}
	}
	return s.Engine.OpenTicket(ctx, id, g, now)
}

type rollsBack engine

func (s rollsBack) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	if g != nil && g.PerBudget > 0 {
		t, err := s.Engine.OpenTicket(ctx, id, nil, now)
		if err != nil {
			return t, err
		}
		if err := s.Charge(ctx, store.Charge{Key: t.Budget, Limit: g.PerBudget, Window: g.Window}, now); err != nil {
			return store.Ticket{}, err
		}
		g = &store.Guess{PerTicket: g.PerTicket}
	}
	return s.Engine.OpenTicket(ctx, id, g, now)
}

type slidingWindow struct {
	engine
	mu   sync.Mutex
	used map[store.Hash][]time.Time
}

func (s *slidingWindow) Charge(_ context.Context, c store.Charge, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.used[c.Key]
	if n := len(all); n > 0 && now.Sub(all[n-1]) >= c.Window {
		all = nil
	}
	if len(all) >= c.Limit {
		return &store.LimitError{RetryAfter: c.Window - now.Sub(all[len(all)-1])}
	}
	s.used[c.Key] = append(all, now)
	return nil
}

func (s *slidingWindow) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	t, err := ticketAlone(s.engine).OpenTicket(ctx, id, g, now)
	if err == nil && g != nil {
		err = s.Charge(ctx, store.Charge{Key: t.Budget, Limit: g.PerBudget, Window: g.Window}, now)
	}
	return t, err
}

type countsRefused struct {
	engine
	mu      sync.Mutex
	refused map[store.Hash]int
}

func (s *countsRefused) Charge(ctx context.Context, c store.Charge, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Limit -= s.refused[c.Key]
	err := s.Engine.Charge(ctx, c, now)
	if err != nil {
		s.refused[c.Key]++
		return &store.LimitError{RetryAfter: 59 * time.Minute}
	}
	return nil
}

type sendResets engine

func (s sendResets) SendTicket(ctx context.Context, id store.Hash, m store.Sending, now time.Time) error {
	if err := s.Engine.SendTicket(ctx, id, m, now); err != nil {
		return err
	}
	t, err := s.OpenTicket(ctx, id, nil, now)
	if err != nil {
		return err
	}
	_ = s.ExchangeTicket(ctx, id, store.Exchange{}, now)
	t.Attempts = 0
	_ = s.CreateTicket(ctx, t, now)
	return nil
}

type ignoresCharges engine

func (s ignoresCharges) CreateTicket(ctx context.Context, t store.Ticket, now time.Time, _ ...store.Charge) error {
	return s.Engine.CreateTicket(ctx, t, now)
}

type oneByOne engine

func (s oneByOne) CreateTicket(ctx context.Context, t store.Ticket, now time.Time, charges ...store.Charge) error {
	for _, c := range charges {
		if err := s.Charge(ctx, c, now); err != nil {
			return err
		}
	}
	return s.Engine.CreateTicket(ctx, t, now)
}

type createReplaces engine

func (s createReplaces) CreateTicket(ctx context.Context, t store.Ticket, now time.Time, charges ...store.Charge) error {
	_ = s.ExchangeTicket(ctx, t.ID, store.Exchange{}, now)
	if err := s.Engine.CreateTicket(ctx, t, now, charges...); !errors.Is(err, store.ErrExists) {
		return err
	}
	return nil
}

type noRoom struct {
	engine
	mu  sync.Mutex
	ids map[store.Hash]bool
}

func (s *noRoom) CreateTicket(ctx context.Context, t store.Ticket, now time.Time, charges ...store.Charge) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids[t.ID] {
		return store.ErrExists
	}
	s.ids[t.ID] = true
	return s.Engine.CreateTicket(ctx, t, now, charges...)
}

type neverExpires engine

func (s neverExpires) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, _ time.Time) (store.Ticket, error) {
	return s.Engine.OpenTicket(ctx, id, g, time.Time{})
}

func (s neverExpires) Grant(ctx context.Context, id string, _ time.Time) (store.Grant, error) {
	return s.Engine.Grant(ctx, id, time.Time{})
}

type sweepsBudgets struct {
	engine
	mu   sync.Mutex
	keys map[store.Hash]bool
}

func (s *sweepsBudgets) Charge(ctx context.Context, c store.Charge, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[c.Key] = true
	return s.Engine.Charge(ctx, c, now)
}

func (s *sweepsBudgets) OpenTicket(ctx context.Context, id store.Hash, g *store.Guess, now time.Time) (store.Ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.Engine.OpenTicket(ctx, id, g, now)
	s.keys[t.Budget] = true
	return t, err
}

func (s *sweepsBudgets) DeleteExpired(ctx context.Context, now time.Time, _ int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.keys {
		_ = s.Refund(ctx, key, now)
	}
	return 0, nil
}

type sweepsSharply engine

func (s sweepsSharply) DeleteExpired(ctx context.Context, now time.Time, limit int) (int, error) {
	return s.Engine.DeleteExpired(ctx, now.Add(time.Hour), limit)
}

type forgetsWalks engine

func (s forgetsWalks) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	l.Walk += time.Now().String()
	if err := s.Engine.Admit(ctx, l, nil); err != nil || session == nil {
		return err
	}
	_ = s.CreateGrant(ctx, *session, l.Epoch, l.At)
	return nil
}

type ignoresEpoch engine

func (s ignoresEpoch) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	for {
		l.Epoch, _ = s.Epoch(ctx, l.Tenant, l.User)
		if err := s.Engine.Admit(ctx, l, session); !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
}

type comparesEarly engine

func (s comparesEarly) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	if e, err := s.Epoch(ctx, l.Tenant, l.User); err != nil || e != l.Epoch {
		return store.ErrNotFound
	}
	pause()
	return ignoresEpoch(s).Admit(ctx, l, session)
}

type firstIsNothing engine

func (s firstIsNothing) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	l.First = false
	return s.Engine.Admit(ctx, l, session)
}

type sessionFirst engine

func (s sessionFirst) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	if session != nil {
		_ = s.CreateGrant(ctx, *session, l.Epoch, l.At)
	}
	return s.Engine.Admit(ctx, l, nil)
}

type rotatesBlindly engine

func (s rotatesBlindly) RotateGrant(ctx context.Context, id string, r store.Rotation, now time.Time) (bool, error) {
	g, err := s.Grant(ctx, id, now)
	if err != nil || g.Counter != r.From {
		return false, err
	}
	pause()
	_, err = s.Engine.RotateGrant(ctx, id, r, now)
	return err == nil, err
}

type sparesEpoch engine

func (s sparesEpoch) RevokeGrants(ctx context.Context, f store.Filter, now time.Time) (int, error) {
	f.Except = "nothing"
	return s.Engine.RevokeGrants(ctx, f, now)
}

type anyFilter engine

func (s anyFilter) RevokeGrants(ctx context.Context, f store.Filter, now time.Time) (int, error) {
	if f.ID == "" && f.User == "" {
		return 0, nil
	}
	return s.Engine.RevokeGrants(ctx, f, now)
}

type sparesExpired engine

func (s sparesExpired) RevokeGrants(ctx context.Context, f store.Filter, now time.Time) (int, error) {
	n := 0
	for _, k := range []store.Kind{store.APIKey, store.Session} {
		live, _ := s.ListGrants(ctx, f.Tenant, f.User, k, now)
		for _, g := range live {
			m, _ := s.Engine.RevokeGrants(ctx, store.Filter{ID: g.ID}, now)
			n += m
		}
	}
	return n, nil
}

type lastStepOnly struct {
	engine
	mu   sync.Mutex
	last int64
}

func (s *lastStepOnly) UseFactor(ctx context.Context, f store.FactorID, step int64, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if step > 0 && step == s.last {
		return store.ErrNotFound
	}
	s.last = step
	return s.Engine.UseFactor(ctx, f, 0, now)
}

type stepReadFirst engine

func (s stepReadFirst) UseFactor(ctx context.Context, f store.FactorID, step int64, now time.Time) error {
	all, err := s.ListFactors(ctx, f.Tenant, f.User)
	if err != nil || len(all) == 0 || all[0].Step >= step {
		return store.ErrNotFound
	}
	pause()
	_ = s.Engine.UseFactor(ctx, f, step, now)
	return nil
}

type codeReadFirst engine

func (s codeReadFirst) TakeRecoveryCode(ctx context.Context, tenant, user string, oneOf []store.Hash) error {
	before, _ := s.CountRecoveryCodes(ctx, tenant, user)
	pause()
	if err := s.Engine.TakeRecoveryCode(ctx, tenant, user, oneOf); err != nil && before == 0 {
		return err
	}
	return nil
}

type addsCodes struct {
	engine
	mu  sync.Mutex
	all []store.Hash
}

func (s *addsCodes) ReplaceRecoveryCodes(ctx context.Context, tenant, user string, codes []store.Hash) error {
	s.mu.Lock()
	s.all = nil
	s.mu.Unlock()
	for _, c := range codes {
		pause()
		s.mu.Lock()
		s.all = append(s.all, c)
		err := s.Engine.ReplaceRecoveryCodes(ctx, tenant, user, s.all)
		s.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

type putReplaces engine

func (s putReplaces) PutFactor(ctx context.Context, f store.Factor) error {
	_ = s.RemoveFactors(ctx, f.FactorID)
	return s.Engine.PutFactor(ctx, f)
}

// oneTenant forgets WHERE tenant = $1.
type oneTenant engine

const onlyTenant = "f24aca2b-ce4a-4dad-951a-c9d690e71415"

func (s oneTenant) User(ctx context.Context, _, id string) (identity.User, error) {
	return s.Engine.User(ctx, onlyTenant, id)
}

func (s oneTenant) FindUser(ctx context.Context, _ string, ids []identity.Identifier) (identity.User, error) {
	return s.Engine.FindUser(ctx, onlyTenant, ids)
}

func (s oneTenant) ListFactors(ctx context.Context, _, user string) ([]store.Factor, error) {
	return s.Engine.ListFactors(ctx, onlyTenant, user)
}

func (s oneTenant) PutFactor(ctx context.Context, f store.Factor) error {
	f.Tenant = onlyTenant
	return s.Engine.PutFactor(ctx, f)
}

func (s oneTenant) UseFactor(ctx context.Context, f store.FactorID, step int64, now time.Time) error {
	f.Tenant = onlyTenant
	return s.Engine.UseFactor(ctx, f, step, now)
}

type folds engine

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func (s folds) FindUser(ctx context.Context, tenant string, ids []identity.Identifier) (identity.User, error) {
	for i := range ids {
		ids[i].Value = fold(ids[i].Value)
	}
	return s.Engine.FindUser(ctx, tenant, ids)
}

func (s folds) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	l.Walk = fold(l.Walk)
	return s.Engine.Admit(ctx, l, session)
}

type goesBack struct {
	engine
	users *memstore.Store
}

func (s goesBack) RecordLogin(ctx context.Context, l store.Login) error {
	u, err := s.User(ctx, l.Tenant, l.User)
	if err != nil {
		return nil
	}
	l.Apply(&u)
	u.LastLoginInstant = identity.At(l.At)
	pause()
	return s.users.Put(u)
}

type verifiesAgain struct {
	engine
	users *memstore.Store
}

func (s verifiesAgain) Verify(ctx context.Context, v store.Verification) error {
	u, err := s.User(ctx, v.Tenant, v.User)
	if err != nil {
		return err
	}
	for i := range u.Identities {
		u.Identities[i].Verified = u.Identities[i].Verified && u.Identities[i].Identifier() != v.Identity
	}
	if !v.Apply(&u) {
		return store.ErrNotFound
	}
	return s.users.Put(u)
}

type halfAdmits engine

func (s halfAdmits) Admit(ctx context.Context, l store.Login, session *store.Grant) error {
	if err := s.Engine.Admit(context.WithoutCancel(ctx), l, nil); err != nil || session == nil {
		return err
	}
	pause()
	return s.CreateGrant(ctx, *session, l.Epoch, l.At)
}

type spendsLast struct{ *memstore.Store }

func (s *spendsLast) FinishLogin(ctx context.Context, id store.Hash, x store.Exchange, l store.Login, session *store.Grant, now time.Time) error {
	if _, err := s.OpenTicket(ctx, id, nil, now); err != nil {
		return err
	}
	if err := s.Admit(ctx, l, session); err != nil {
		return err
	}
	return s.ExchangeTicket(ctx, id, x, now)
}

type opensBlindly struct{ *memstore.Store }

func (s *opensBlindly) OpenLogin(ctx context.Context, id store.Hash, g *store.Guess, trust string, now time.Time) (store.Opened, error) {
	o, err := s.Store.OpenLogin(ctx, id, g, trust, now)
	o.Epoch = 0
	return o, err
}
