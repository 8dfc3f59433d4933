package smtpmessenger_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/smtpmessenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func wantLog(t *testing.T, s *server, want ...string) {
	t.Helper()
	if got := s.log(); !slices.Equal(got, want) {
		t.Errorf("the server heard %q, want %q", got, want)
	}
}

func TestSendOverSTARTTLS(t *testing.T) {
	t.Parallel()
	s := &server{auth: "LOGIN PLAIN"}
	c := s.config()
	c.Username, c.Password = username, secret.New(password)
	send(t, newMessenger(t, c), newMessage())
	// What an SMTPUTF8 or 8BITMIME server offers is not asked for: no letter needs it.
	wantLog(t, s, "EHLO piedpiper.com", "STARTTLS", "EHLO piedpiper.com",
		"AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00"+username+"\x00"+password)),
		"MAIL FROM:<login@piedpiper.com>", "RCPT TO:<"+address+">", "DATA")
	if n := len(s.received()); n != 1 {
		t.Errorf("%d messages arrived, want 1", n)
	}
}

func TestSendOverImplicitTLS(t *testing.T) {
	t.Parallel()
	s := &server{implicit: true, auth: "login"}
	c := s.config()
	c.Username, c.Password = username, secret.New(password)
	c.HelloName, c.ReturnPath = "app1.piedpiper.com", "bounces@piedpiper.com"
	send(t, newMessenger(t, c), newMessage())
	wantLog(t, s, "EHLO app1.piedpiper.com", "AUTH LOGIN",
		"MAIL FROM:<bounces@piedpiper.com>", "RCPT TO:<"+address+">", "DATA")
}

func TestSendInPlaintext(t *testing.T) {
	t.Parallel()
	s := &server{plain: true}
	send(t, newMessenger(t, s.config()), newMessage())
	wantLog(t, s, "EHLO piedpiper.com", "MAIL FROM:<login@piedpiper.com>", "RCPT TO:<"+address+">", "DATA")
}

func TestDecoysAreDropped(t *testing.T) {
	t.Parallel()
	s := &server{}
	send(t, newMessenger(t, s.config()), messenger.Message{Decoy: true})
	if s.dialled() != 0 {
		t.Error("the mail server heard of a decoy")
	}
}

// Nothing of a message, and no password, is told to a server that cannot show
// who it is.
func TestNothingWithoutTLS(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		server *server
		change func(*smtpmessenger.Config)
		step   string
		want   error
	}{
		{name: "no STARTTLS", server: &server{plain: true}, step: "STARTTLS", want: smtpmessenger.ErrNoTLS},
		{name: "another's certificate", server: &server{host: "mail.hooli.com"}, step: "TLS"},
		{name: "another's certificate, implicit TLS", server: &server{host: "mail.hooli.com", implicit: true}, step: "TLS"},
		{name: "unknown authority", server: &server{}, change: func(c *smtpmessenger.Config) { c.RootCAs = nil }, step: "TLS"},
		{name: "plaintext where TLS is due", server: &server{implicit: true, faults: map[string]fault{"TLS": refuse("220 " + host)}}, step: "TLS"},
		{name: "no AUTH", server: &server{}, step: "AUTH", want: smtpmessenger.ErrNoAuth},
		{name: "no AUTH that is known", server: &server{auth: "CRAM-MD5"}, step: "AUTH", want: smtpmessenger.ErrNoAuth},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			// A pipe has no room for an alert while the other end writes: both then
			// wait for their deadlines, in no time here.
			synctest.Test(t, func(t *testing.T) {
				c := test.server.config()
				c.InsecurePlaintext = false
				c.Username, c.Password = username, secret.New(password)
				if test.change != nil {
					test.change(&c)
				}
				err := newMessenger(t, c).Send(t.Context(), newMessage())
				e := wantError(t, err, test.step, false)
				if test.want != nil && !errors.Is(e, test.want) {
					t.Errorf("got %v, want %v", e, test.want)
				}
				for _, command := range test.server.log() {
					if verb, _, _ := strings.Cut(command, " "); verb != "EHLO" && verb != "STARTTLS" {
						t.Errorf("the server heard %s", verb)
					}
				}
			})
		})
	}
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	s := &server{}
	m := newMessenger(t, s.config())
	for range 5 {
		send(t, m, newMessage())
	}
	if n := s.dialled(); n != 1 {
		t.Errorf("%d connections for 5 messages, want 1", n)
	}
	if n := len(s.received()); n != 5 {
		t.Errorf("%d messages arrived, want 5", n)
	}
	if n := strings.Count(strings.Join(s.log(), "\n"), "RSET"); n != 4 {
		t.Errorf("%d RSETs, want one before each further message", n)
	}
}

// A person whose address is refused does not cost the next one a connection.
func TestConnectionsOutliveARefusedMessage(t *testing.T) {
	t.Parallel()
	for step, connections := range map[string]int{"550": 1, "450": 2, "421": 2} {
		s := &server{faults: map[string]fault{"RCPT": refuse(step + " no")}}
		m := newMessenger(t, s.config())
		if err := m.Send(t.Context(), newMessage()); err == nil {
			t.Fatalf("%s: Send returned nil", step)
		}
		s.fail("", nil)
		send(t, m, newMessage())
		if n := s.dialled(); n != connections {
			t.Errorf("%s: %d connections, want %d", step, n, connections)
		}
	}
}

// A server that closed, restarted or hung meanwhile is asked anew, once it shows.
func TestDeadConnectionsAreReplaced(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{
		"drops": drop, "stalls": stall, "refuses": refuse("421 4.3.2 too many messages"), "talks nonsense": refuse("hello"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &server{}
				m := newMessenger(t, s.config())
				send(t, m, newMessage())
				s.fail("RSET", f)
				send(t, m, newMessage())
				m.Close()
				synctest.Wait()
				if sent, dialled, open := len(s.received()), s.dialled(), s.opened(); sent != 2 || dialled != 2 || open != 0 {
					t.Errorf("%d messages over %d connections, %d of them still open; want 2, 2, 0", sent, dialled, open)
				}
			})
		})
	}
}

func TestIdleConnectionsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		c := s.config()
		c.IdleTimeout = 7 * time.Second
		m := newMessenger(t, c)
		send(t, m, newMessage())
		time.Sleep(5 * time.Second)
		send(t, m, newMessage())
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if s.opened() != 1 || s.dialled() != 1 {
			t.Errorf("%d of %d connections are open before their time, want 1 of 1", s.opened(), s.dialled())
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := s.opened(); n != 0 {
			t.Errorf("%d connections are open after their time, want 0", n)
		}
		if log := s.log(); log[len(log)-1] != "QUIT" {
			t.Errorf("the last the server heard is %q, want QUIT", log[len(log)-1])
		}
	})
}

// sendTogether has n messages on their way at the same moment.
func sendTogether(t *testing.T, s *server, m *smtpmessenger.Messenger, n int) {
	gate := make(chan struct{})
	s.fail("DATA", func(c net.Conn) {
		<-gate
		refuse("550 5.7.1 no")(c)
	})
	var sent sync.WaitGroup
	for range n {
		sent.Go(func() { _ = m.Send(t.Context(), newMessage()) })
	}
	synctest.Wait()
	close(gate)
	sent.Wait()
	s.fail("", nil)
	synctest.Wait()
}

func TestIdleConnectionsAreFew(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ max, want int }{{0, 8}, {3, 3}, {-1, 0}} {
		t.Run(fmt.Sprint(test.max), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &server{plain: true}
				c := s.config()
				c.MaxIdle = test.max
				m := newMessenger(t, c)
				sendTogether(t, s, m, 12)
				if s.dialled() != 12 || s.opened() != test.want {
					t.Errorf("%d of %d connections were kept, want %d of 12", s.opened(), s.dialled(), test.want)
				}
				m.Close()
			})
		})
	}
}

func TestCloseKeepsNoConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{plain: true}
		m := newMessenger(t, s.config())
		sendTogether(t, s, m, 4)
		s.fail("QUIT", stall)
		start := time.Now()
		m.Close()
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("Close took %s with a server that stalls, want 10s", took)
		}
		s.fail("", nil)
		send(t, m, newMessage())
		synctest.Wait()
		if s.opened() != 0 {
			t.Errorf("%d connections are open after Close", s.opened())
		}
		m.Close()
	})
}

// A message that was taken over is no failure, whatever the farewell is like.
func TestAFarewellFailsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{plain: true, faults: map[string]fault{"QUIT": stall}}
		c := s.config()
		c.MaxIdle = -1
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := newMessenger(t, c).Send(ctx, newMessage()); err != nil {
			t.Errorf("Send: %v", err)
		}
		synctest.Wait()
	})
}
