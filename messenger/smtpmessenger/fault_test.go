package smtpmessenger_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/smtpmessenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

// steps are those at which a server can fail, in order.
var steps = []string{"greeting", "EHLO", "STARTTLS", "TLS", "AUTH", "MAIL", "RCPT", "DATA", "message"}

// eachStep runs test, for each step, on a server that has f there.
func eachStep(t *testing.T, f fault, test func(t *testing.T, step string, s *server, m *smtpmessenger.Messenger)) {
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &server{auth: "PLAIN", faults: map[string]fault{step: f}}
				c := s.config()
				c.Username, c.Password = username, secret.New(password)
				c.Timeout, c.StepTimeout = 20*time.Second, 5*time.Second
				m := newMessenger(t, c)
				test(t, step, s, m)
				m.Close()
				synctest.Wait()
				if n := s.opened(); n != 0 {
					t.Errorf("%d connections are still open", n)
				}
				if len(s.received()) != 0 {
					t.Error("a message was taken")
				}
			})
		})
	}
}

// wantError checks what every failure has in common, and returns it.
func wantError(t *testing.T, err error, step string, permanent bool) *smtpmessenger.Error {
	t.Helper()
	var e *smtpmessenger.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	if e.Step != step {
		t.Errorf("failed at %s, want %s", e.Step, step)
	}
	if messenger.IsPermanent(err) != permanent {
		t.Errorf("permanent is %t, want %t: %v", !permanent, permanent, err)
	}
	if e.Code == 0 && e.Err == nil {
		t.Error("neither a code nor an error")
	}
	wantNoSecret(t, err)
	return e
}

// wantNoSecret looks for what an error must not show, the reply's text included.
func wantNoSecret(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		shown := fmt.Sprintf("%v %+v %#v", err, err, err)
		for _, canary := range []string{address, "jared", code, "fr3RGqQs", password, username, "canary"} {
			if strings.Contains(shown, canary) {
				t.Errorf("error %q shows %q", err, canary)
			}
		}
	}
}

// LOG-01, FLT-03
func TestSendToOneThatStalls(t *testing.T) {
	t.Parallel()
	eachStep(t, stall, func(t *testing.T, step string, _ *server, m *smtpmessenger.Messenger) {
		start := time.Now()
		e := wantError(t, m.Send(t.Context(), newMessage()), step, false)
		if !errors.Is(e, os.ErrDeadlineExceeded) && !errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("got %v, want a deadline", e)
		}
		want := 5 * time.Second
		if step == "message" { // has what is left of Timeout
			want = 20 * time.Second
		}
		if took := time.Since(start); took != want {
			t.Errorf("took %s, want %s", took, want)
		}
	})
}

func TestSendStopsWithItsContext(t *testing.T) {
	t.Parallel()
	eachStep(t, stall, func(t *testing.T, step string, _ *server, m *smtpmessenger.Messenger) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		e := wantError(t, m.Send(ctx, newMessage()), step, false)
		if !errors.Is(e, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", e)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("returned after %s, want 1s", took)
		}
	})
}

// LOG-01
func TestSendToOneThatDrops(t *testing.T) {
	t.Parallel()
	eachStep(t, drop, func(t *testing.T, step string, _ *server, m *smtpmessenger.Messenger) {
		e := wantError(t, m.Send(t.Context(), newMessage()), step, false)
		if !errors.Is(e, io.ErrUnexpectedEOF) && !errors.Is(e, io.EOF) && !errors.Is(e, io.ErrClosedPipe) {
			t.Errorf("got %v, want the end of the connection", e)
		}
	})
}

// LOG-01
func TestSendToOneThatTalksNonsense(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{
		"text":    refuse("what about " + address + "?"),
		"code":    refuse("99 " + address),
		"short":   refuse("25"),
		"mixed":   refuse("250-" + address + "\r\n550 " + address),
		"endless": endless,
		"line":    func(c net.Conn) { _, _ = io.WriteString(c, "250 "+strings.Repeat("jared", 1<<20)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachStep(t, f, func(t *testing.T, step string, _ *server, m *smtpmessenger.Messenger) {
				err := m.Send(t.Context(), newMessage())
				if name == "mixed" && step != "TLS" {
					var e *smtpmessenger.Error
					if !errors.As(err, &e) || e.Step != step {
						t.Fatalf("got %v, want an *Error at %s", err, step)
					}
					wantNoSecret(t, err)
					return
				}
				e := wantError(t, err, step, false)
				if step != "TLS" && !errors.Is(e, smtpmessenger.ErrReply) {
					t.Errorf("got %v, want ErrReply", e)
				}
			})
		})
	}
}

// LOG-01
func TestSendToOneThatRefuses(t *testing.T) {
	t.Parallel()
	for _, refusal := range []struct {
		reply     string
		permanent bool
		text      string
	}{
		{"421 4.3.2 " + address + ": shutting down", false, "refused with 421 4.3.2"},
		{"450-4.2.1 canary\r\n450 4.2.1 <" + address + ">: mailbox busy", false, "refused with 450 4.2.1"},
		{"550 5.1.1 <" + address + ">: no such user", true, "refused with 550 5.1.1"},
		{"554 jared is not here", true, "refused with 554"},
		{"535 5.7.8x " + username, true, "refused with 535"},
		{"650 canary", false, "refused with 650"},
	} {
		t.Run(refusal.text, func(t *testing.T) {
			t.Parallel()
			eachStep(t, refuse(refusal.reply), func(t *testing.T, step string, _ *server, m *smtpmessenger.Messenger) {
				permanent := refusal.permanent && step != "TLS"
				e := wantError(t, m.Send(t.Context(), newMessage()), step, permanent)
				want := "smtpmessenger: " + step + ": " + refusal.text
				if step != "TLS" && e.Error() != want {
					t.Errorf("got %q, want %q", e, want)
				}
			})
		})
	}
}

func TestSendWhereNobodyListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := (&server{}).config()
		c.StepTimeout = 5 * time.Second
		c.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		start := time.Now()
		wantError(t, newMessenger(t, c).Send(t.Context(), newMessage()), "connect", false)
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("took %s, want 5s", took)
		}
	})
}
