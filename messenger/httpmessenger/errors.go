package httpmessenger

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
)

const prefix = "httpmessenger: "

// ErrResponse: what answered spoke no HTTP, or more header than 64 KiB.
var ErrResponse = errors.New(prefix + "not an HTTP response")

// Error is a message that a gateway did not accept. It has no address, nothing
// of the URL and nothing of the response's body, which often repeats both.
type Error struct {
	// Status is the response's, such as 400. Zero: there was none.
	Status int

	// RetryAfter is how long the gateway asked to be left alone, at most a day.
	// Zero: it did not ask. A [messenger.Outbox] waits as it is configured.
	RetryAfter time.Duration

	// Err is what Config.Accepted returned or, if Status is zero, what broke:
	// [ErrResponse], what the context ended with, or an error of the network or
	// of TLS.
	Err error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf(prefix+"refused with status %d", e.Status)
	}
	return prefix + strings.TrimPrefix(e.Err.Error(), prefix)
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Permanent reports whether another try is of no use: after a status below 500
// that is no success, redirects, which are not followed, included. Worth one are
// 408, 425, 429 and those from 500 on, and whatever broke on the way, though the
// gateway may have got the message. What Config.Accepted returned says so itself.
func (e *Error) Permanent() bool {
	if e.Err != nil {
		return messenger.IsPermanent(e.Err)
	}
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return e.Status < 500
}

// broken makes an *Error of what [http.Client.Do] failed with, or of the end of
// ctx, which may have caused it.
func broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &Error{Err: ctx.Err()}
	}
	return &Error{Err: presentable(err)}
}

// presentable lets through only errors that are known to quote nothing of what
// was sent or received. That of the client itself quotes the URL.
func presentable(err error) error {
	var network *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &network):
		return network
	case errors.As(err, &certificate):
		return certificate
	case errors.Is(err, os.ErrDeadlineExceeded):
		return os.ErrDeadlineExceeded
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	}
	return ErrResponse
}

// retryAfter reads the header of that name (RFC 9110, 10.2.3): seconds or a date.
// What is neither, or not in the future, is zero.
func retryAfter(value string, now time.Time) time.Duration {
	const longest = 24 * time.Hour
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longest)
}
