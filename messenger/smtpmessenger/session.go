package smtpmessenger

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"time"
)

// maxReply bounds the bytes of one reply, which a session holds in memory.
const maxReply = 64 << 10

// A session is a connection to the mail server, from its greeting on. One
// goroutine uses it at a time.
type session struct {
	conn        net.Conn // without TLS, so that closing it never waits
	line        *bounded
	text        *textproto.Conn
	extensions  map[string]string // by name in upper case, as EHLO told
	stepTimeout time.Duration
	expiry      *time.Timer // while it is idle
}

// bounded ends a reply that does not end by itself.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrReply
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// open connects, and returns a session that takes messages.
func open(ctx context.Context, c Config) (*session, error) {
	conn, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, stepTimeout: c.StepTimeout}
	s.speakOver(conn)
	defer s.watch(ctx)()
	if err := s.begin(ctx, c); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func connect(ctx context.Context, c Config) (net.Conn, error) {
	dialing, cancel := context.WithTimeout(ctx, c.StepTimeout)
	defer cancel()
	conn, err := c.Dial(dialing, "tcp", c.address())
	if err != nil {
		return nil, broken(ctx, "connect", err)
	}
	return conn, nil
}

func (s *session) speakOver(conn net.Conn) {
	s.line = &bounded{Conn: conn}
	s.text = textproto.NewConn(s.line)
}

// watch closes the connection when ctx ends, which breaks off whatever waits for
// it. The caller stops that with what watch returns.
func (s *session) watch(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, s.close)
}

func (s *session) close() { _ = s.conn.Close() }

// begin brings a new connection to where it takes messages.
func (s *session) begin(ctx context.Context, c Config) error {
	if c.ImplicitTLS {
		if err := s.encrypt(ctx, c.tls()); err != nil {
			return err
		}
	}
	if _, err := s.reply(ctx, "greeting", 220); err != nil {
		return err
	}
	if err := s.hello(ctx, c.HelloName); err != nil {
		return err
	}
	if !c.ImplicitTLS && !c.InsecurePlaintext {
		if err := s.startTLS(ctx, c); err != nil {
			return err
		}
	}
	if c.Username == "" {
		return nil
	}
	return s.authenticate(ctx, c.Username, c.Password.Reveal())
}

// hello takes no HELO for an answer: what has no EHLO has no STARTTLS.
func (s *session) hello(ctx context.Context, name string) error {
	reply, err := s.command(ctx, "EHLO", 250, "EHLO "+name)
	if err != nil {
		return err
	}
	s.extensions = map[string]string{}
	_, lines, _ := strings.Cut(reply, "\n")
	for line := range strings.Lines(lines) {
		keyword, parameters, _ := strings.Cut(strings.TrimSpace(strings.ToUpper(line)), " ")
		s.extensions[keyword] = parameters
	}
	return nil
}

// startTLS forgets what came in clear, the offers included: somebody on the way
// may have sent it (RFC 3207, 4.2).
func (s *session) startTLS(ctx context.Context, c Config) error {
	if _, offered := s.extensions["STARTTLS"]; !offered {
		return &Error{Step: "STARTTLS", Err: ErrNoTLS}
	}
	if _, err := s.command(ctx, "STARTTLS", 220, "STARTTLS"); err != nil {
		return err
	}
	if err := s.encrypt(ctx, c.tls()); err != nil {
		return err
	}
	return s.hello(ctx, c.HelloName)
}

func (s *session) encrypt(ctx context.Context, config *tls.Config) error {
	s.allow(s.stepTimeout)
	encrypted := tls.Client(s.conn, config)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		return broken(ctx, "TLS", err)
	}
	s.speakOver(encrypted)
	return nil
}

// authenticate is called under TLS only. What the server says in its challenges
// does not matter: it gets the name first and the password second, or neither.
func (s *session) authenticate(ctx context.Context, username, password string) error {
	offers := strings.Fields(s.extensions["AUTH"])
	encode := base64.StdEncoding.EncodeToString
	switch {
	case slices.Contains(offers, "PLAIN"):
		_, err := s.command(ctx, "AUTH", 235, "AUTH PLAIN "+encode([]byte("\x00"+username+"\x00"+password)))
		return err
	case slices.Contains(offers, "LOGIN"):
		if _, err := s.command(ctx, "AUTH", 334, "AUTH LOGIN"); err != nil {
			return err
		}
		if _, err := s.command(ctx, "AUTH", 334, encode([]byte(username))); err != nil {
			return err
		}
		_, err := s.command(ctx, "AUTH", 235, encode([]byte(password)))
		return err
	}
	return &Error{Step: "AUTH", Err: ErrNoAuth}
}

// deliver hands over one message.
func (s *session) deliver(ctx context.Context, from string, l letter) error {
	defer s.watch(ctx)()
	if _, err := s.command(ctx, "MAIL", 250, "MAIL FROM:<"+from+">"); err != nil {
		return err
	}
	if _, err := s.command(ctx, "RCPT", 25, "RCPT TO:<"+l.to+">"); err != nil {
		return err
	}
	if _, err := s.command(ctx, "DATA", 354, "DATA"); err != nil {
		return err
	}
	return s.message(ctx, l.content)
}

// message ends with the dot that makes the server responsible only if all that
// comes before it has left: half a message must not be delivered.
func (s *session) message(ctx context.Context, content []byte) error {
	s.allow(0)
	w := s.text.DotWriter()
	if _, err := w.Write(content); err != nil {
		return failure(ctx, "message", err)
	}
	if err := w.Close(); err != nil {
		return failure(ctx, "message", err)
	}
	_, _, err := s.text.ReadResponse(250)
	return failure(ctx, "message", err)
}

// reset forgets the last message, and shows whether the server is still there.
func (s *session) reset(ctx context.Context) error {
	defer s.watch(ctx)()
	_, err := s.command(ctx, "RSET", 250, "RSET")
	return err
}

// quit takes leave and closes the connection.
func (s *session) quit(ctx context.Context) {
	defer s.watch(ctx)()
	defer s.close()
	_, _ = s.command(ctx, "QUIT", 221, "QUIT")
}

// command sends line, which holds no line break, and returns the reply, whose code must begin with expect.
func (s *session) command(ctx context.Context, step string, expect int, line string) (string, error) {
	s.allow(s.stepTimeout)
	if err := s.text.PrintfLine("%s", line); err != nil {
		return "", failure(ctx, step, err)
	}
	return s.reply(ctx, step, expect)
}

func (s *session) reply(ctx context.Context, step string, expect int) (string, error) {
	s.allow(s.stepTimeout)
	_, reply, err := s.text.ReadResponse(expect)
	return reply, failure(ctx, step, err)
}

// allow gives what follows a time, zero for no bound but the context's, and the
// room of one reply.
func (s *session) allow(timeout time.Duration) {
	s.line.left = maxReply
	deadline := time.Time{}
	if timeout > 0 {
		deadline = time.Now().Add(timeout)
	}
	_ = s.conn.SetDeadline(deadline)
}
