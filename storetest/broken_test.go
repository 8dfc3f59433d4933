package storetest_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
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

// pause lets others in where a mistake leaves the door open, also those who have
// been slow to come: to give way to whoever is ready is not enough on a busy machine.
func pause() { time.Sleep(time.Millisecond) }

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
	{"a use is a rotation", "Grants/RotateGrantThatKeepsOnlyUses", func(s *memstore.Store) store.Store {
		return wrong(alwaysRotates{s})
	}},
	{"a use asks for no counter", "Grants/RotateGrantThatKeepsOnlyUses", func(s *memstore.Store) store.Store {
		return wrong(usesAnyCounter{s})
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
	{"putting a factor leaves another of its kind", "Factors/PutFactorLeavesOnePendingOfAKind", func(s *memstore.Store) store.Store {
		return wrong(putLeaves{s})
	}},
	{"a first factor is looked for, then confirmed", "Factors/ConfirmFactorOnlyOneIsFirst", func(s *memstore.Store) store.Store {
		return wrong(&neverFirst{engine: engine{s}})
	}},
	{"a secret is looked at, then replaced", "Factors/ResealFactorOnlyOneWins", func(s *memstore.Store) store.Store {
		return wrong(&looksThenSeals{engine: engine{s}})
	}},
	{"the last factor is looked for, then removed", "Factors/RemoveFactorsKeepsOneInACrowd", func(s *memstore.Store) store.Store {
		return wrong(looksThenRemoves{engine{s}})
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
