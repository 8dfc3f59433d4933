// Cycles measures whole logins: begun, the mail received by a server on
// loopback, completed with the code in it, and left with a signed token.
//
//	go run ./internal/integration/cmd/cycles -store postgres -clients 16 -cycles 5000
//
// It prints logins a second, and seconds of processor time for a thousand of
// them: of this process, which is library, client and mail server in one, and of
// the database's, if it runs on this machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger/smtpmessenger"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/token"
)

const (
	tenantID      = "f24aca2b-ce4a-4dad-951a-c9d690e71415"
	applicationID = "10000000-0000-0002-0000-000000000001"
)

func main() {
	kind := flag.String("store", "memory", "memory, sqlite, postgres or mariadb")
	dsn := flag.String("dsn", "", "how to reach the server, without a database; empty: on this machine, by its usual port")
	clients := flag.Int("clients", 16, "how many people log in at a time")
	cycles := flag.Int("cycles", 2000, "how many logins are measured")
	flag.Parse()
	if err := run(context.Background(), *kind, *dsn, *clients, *cycles); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, kind, dsn string, clients, cycles int) error {
	h, err := open(ctx, kind, dsn, clients)
	if err != nil {
		return err
	}
	defer h.close()
	box := &mailbox{codes: map[string]chan string{}}
	login, err := furnish(h, box)
	if err != nil {
		return err
	}
	defer login.Close(ctx)
	addresses, err := people(ctx, h, clients)
	if err != nil {
		return err
	}
	if _, err := measure(ctx, login, box, addresses, max(cycles/10, clients)); err != nil { // warm
		return err
	}
	own, server := cpuOfSelf(), cpuOf(h.server)
	took, err := measure(ctx, login, box, addresses, cycles)
	if err != nil {
		return err
	}
	own, server = cpuOfSelf()-own, cpuOf(h.server)-server
	thousands := float64(cycles) / 1000
	fmt.Printf("%s, %d clients: %.0f cycles/s, %.2f CPU seconds per 1,000 (%.2f here, %.2f in the database)\n",
		kind, clients, float64(cycles)/took.Seconds(), (own+server).Seconds()/thousands, own.Seconds()/thousands, server.Seconds()/thousands)
	return nil
}

// furnish makes a login whose messages leave by SMTP.
func furnish(h *house, box *mailbox) (*passwordless.Login, error) {
	port, err := box.serve()
	if err != nil {
		return nil, err
	}
	mail, err := smtpmessenger.New(smtpmessenger.Config{
		Host: "127.0.0.1", Port: port, From: "login@piedpiper.com", InsecurePlaintext: true,
	})
	if err != nil {
		return nil, err
	}
	ring, err := secret.NewKeyring(secret.GenerateKey("cycles"))
	if err != nil {
		return nil, err
	}
	key, err := token.GenerateKey(token.EdDSA)
	if err != nil {
		return nil, err
	}
	keys, err := token.NewKeySet(key)
	if err != nil {
		return nil, err
	}
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: "https://www.piedpiper.com"})
	if err != nil {
		return nil, err
	}
	const many = 1 << 30
	return passwordless.New(passwordless.Config{
		Store: h.store, Messenger: mail, Keys: ring, Issuer: issuer,
		Limits: passwordless.Limits{GuessesPerDay: many, SendsPerDay: many, StartsPerHour: many, SendEvery: 1},
		Applications: identity.Static(
			identity.Tenant{ID: tenantID, Name: "Pied Piper", Issuer: "https://www.piedpiper.com"},
			identity.Application{
				ID: applicationID, TenantID: tenantID, Name: "Pied Piper",
				PasswordlessConfiguration: identity.PasswordlessConfiguration{Enabled: true},
				LoginConfiguration:        identity.LoginConfiguration{GenerateRefreshTokens: true},
			}),
	})
}

// people adds a user for each client.
func people(ctx context.Context, h *house, n int) (addresses []string, err error) {
	at := identity.At(time.Now())
	for i := range n {
		id := fmt.Sprintf("00000000-0000-0001-0000-%012d", i)
		address := fmt.Sprintf("jared+%d@piedpiper.com", i)
		if err := h.put(ctx, identity.User{
			ID: id, TenantID: tenantID, Active: true, Email: address, Verified: true, VerifiedInstant: at,
			Registrations: []identity.Registration{{ID: id, ApplicationID: applicationID, Verified: true, VerifiedInstant: at}},
		}); err != nil {
			return nil, err
		}
		addresses = append(addresses, address)
	}
	return addresses, nil
}

// measure has everybody log in over and over, and says how long it took in all.
func measure(ctx context.Context, login *passwordless.Login, box *mailbox, addresses []string, cycles int) (time.Duration, error) {
	var left atomic.Int64
	left.Store(int64(cycles))
	errs := make([]error, len(addresses))
	start := time.Now()
	var all sync.WaitGroup
	for i, address := range addresses {
		all.Go(func() {
			for errs[i] == nil && left.Add(-1) >= 0 {
				errs[i] = cycle(ctx, login, box.of(address), address)
			}
		})
	}
	all.Wait()
	return time.Since(start), errors.Join(errs...)
}

// cycle is one login.
func cycle(ctx context.Context, login *passwordless.Login, codes <-chan string, address string) error {
	begun, err := login.Begin(ctx, passwordless.StartRequest{
		ApplicationID: applicationID, LoginID: address, LoginStrategy: identity.FormField,
	})
	if err != nil {
		return err
	}
	result, err := login.Complete(ctx, passwordless.LoginRequest{
		ApplicationID: applicationID, Code: begun.Code.Text, OneTimeCode: secret.New(<-codes),
	})
	if err != nil {
		return err
	}
	if result.Response.Token.IsZero() || result.Response.RefreshToken.IsZero() {
		return errors.New("a login left no tokens")
	}
	return nil
}
