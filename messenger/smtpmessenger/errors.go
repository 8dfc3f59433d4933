package smtpmessenger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"regexp"
	"strings"
)

const prefix = "smtpmessenger: "

var (
	// ErrNoTLS: the mail server offers no STARTTLS, or somebody on the way took
	// the offer out. Nothing was sent.
	ErrNoTLS = errors.New(prefix + "server offers no STARTTLS")

	// ErrNoAuth: the mail server offers neither AUTH PLAIN nor AUTH LOGIN.
	ErrNoAuth = errors.New(prefix + "server offers no AUTH PLAIN or LOGIN")

	// ErrReply: the mail server answered what is no reply of SMTP, or more than
	// 64 KiB of one.
	ErrReply = errors.New(prefix + "not an SMTP reply")
)

// Error is a message that a mail server did not take over: at which step, and
// what it replied or what broke. It has no address and no text of the server's,
// which often repeats one.
type Error struct {
	// Step is connect, greeting, EHLO, STARTTLS, TLS, AUTH, MAIL, RCPT, DATA
	// or message, which is what follows DATA.
	Step string

	// Code is the reply's (RFC 5321, 4.2), such as 550. Zero: there was none.
	Code int

	// Status is the reply's enhanced status (RFC 3463), such as 5.1.1, or empty.
	Status string

	// Err is what broke if Code is zero: [ErrNoTLS], [ErrNoAuth], [ErrReply],
	// what the context ended with, or an error of the network or of TLS.
	Err error
}

func (e *Error) Error() string {
	switch {
	case e.Code == 0:
		return prefix + e.Step + ": " + strings.TrimPrefix(e.Err.Error(), prefix)
	case e.Status == "":
		return fmt.Sprintf(prefix+"%s: refused with %d", e.Step, e.Code)
	}
	return fmt.Sprintf(prefix+"%s: refused with %d %s", e.Step, e.Code, e.Status)
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Permanent reports whether the server refused for good, with a code of 500 to
// 599. Anything else is worth another try: a refusal for now, a broken
// connection, and a server that is not the right one, since it may be again.
func (e *Error) Permanent() bool { return e.Code >= 500 && e.Code < 600 }

var enhancedStatus = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}\b`)

// failure makes an *Error of what went wrong at step, or nil of nothing.
func failure(ctx context.Context, step string, err error) error {
	if err == nil {
		return nil
	}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return &Error{Step: step, Code: reply.Code, Status: enhancedStatus.FindString(reply.Msg)}
	}
	return broken(ctx, step, presentable(err))
}

// broken makes an *Error of err, or of the end of ctx, which may have caused it.
func broken(ctx context.Context, step string, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return &Error{Step: step, Err: err}
}

// presentable lets through only errors that are known to quote nothing of what
// was sent or received.
func presentable(err error) error {
	var network *net.OpError
	switch {
	case errors.As(err, &network):
		return network
	case errors.Is(err, os.ErrDeadlineExceeded):
		return os.ErrDeadlineExceeded
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe):
		return io.ErrUnexpectedEOF
	}
	return ErrReply
}

// usable reports whether a session can go on after what deliver returned: after
// a success, and after a message that the server did not want.
func usable(err error) bool {
	var e *Error
	return err == nil || errors.As(err, &e) && e.Permanent()
}
