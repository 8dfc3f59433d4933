package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
)

const apiKey = "this-is-an-api-key-of-forty-characters-!"

// a way is how people log in over HTTP.
type way struct {
	name  string
	login func(s *server, ctx context.Context, codes <-chan string, address string) error
}

var ways = []way{
	{"by API key, in three requests", (*server).byKey},
	{"as browsers, in two requests", (*server).asBrowser},
}

// overHTTP has people log in through examples/server.
func overHTTP(ctx context.Context, o options, w way) (figures, error) {
	at, err := find(ctx, o.store, o.dsn, o.clients)
	if err != nil {
		return figures{}, err
	}
	defer at.remove()
	box := newMailbox()
	port, err := box.serve()
	if err != nil {
		return figures{}, err
	}
	list := people(o)
	s, err := start(ctx, at, list, port)
	if err != nil {
		return figures{}, err
	}
	defer s.stop()
	s.client.Transport = &http.Transport{MaxIdleConnsPerHost: o.clients}
	s.browsers = newBrowsers(o.clients)
	return measure(ctx, o, list, processors{"in client and mail": cpuOfSelf, "in the server": s.cpu, "in the database": at.cpu},
		func(ctx context.Context, address string) error { return w.login(s, ctx, box.of(address), address) })
}

// server is examples/server as a process.
type server struct {
	process *exec.Cmd
	dir     string
	url     string
	client  http.Client
	browsers
}

// start builds a server and starts it with people in it.
func start(ctx context.Context, at place, list []identity.User, mailPort int) (*server, error) {
	dir, err := os.MkdirTemp("", "gatehouse-cycles")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir}
	seed, err := json.Marshal(map[string]any{
		"tenants": []identity.Tenant{tenant}, "applications": []identity.Application{application}, "users": list,
	})
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	if err := os.WriteFile(filepath.Join(dir, "seed.json"), seed, 0o600); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	binary := filepath.Join(dir, "server")
	if said, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/gatehouse-go/gatehouse/examples/server").CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s", err, said), s.stop())
	}
	s.process = exec.CommandContext(ctx, binary, "-addr", "127.0.0.1:0", "-store", at.flag, "-seed", filepath.Join(dir, "seed.json"),
		"-smtp", fmt.Sprintf("127.0.0.1:%d", mailPort), "-api-key", apiKey, "-insecure-cookies")
	if err := s.listen(); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// listen starts the process and waits until it says where it listens.
func (s *server) listen() error {
	logs, err := s.process.StderrPipe()
	if err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return err
	}
	lines := bufio.NewReader(logs)
	for s.url == "" {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return errors.New("the server does not say where it listens")
		}
		var entry struct{ Msg, Addr, Error string }
		if json.Unmarshal(line, &entry) == nil && entry.Msg == "listening" {
			s.url = "http://" + entry.Addr
		}
		if entry.Error != "" {
			return errors.New(entry.Error)
		}
	}
	go io.Copy(io.Discard, lines)
	return nil
}

// stop ends the process and removes its files.
func (s *server) stop() error {
	s.client.CloseIdleConnections()
	var err error
	if s.process != nil && s.process.Process != nil {
		err = errors.Join(s.process.Process.Signal(os.Interrupt), s.process.Wait())
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

func (s *server) cpu() time.Duration { return cpuBelow(s.process.Process.Pid) }

// byKey is one cycle: begun by a service with an API key, and completed with the
// code in the mail.
func (s *server) byKey(ctx context.Context, codes <-chan string, address string) error {
	var started struct {
		Code string `json:"code"`
	}
	if err := s.post(ctx, &s.client, "/api/passwordless/start", map[string]any{
		"applicationId": application.ID, "loginId": address, "loginStrategy": identity.FormField,
	}, &started); err != nil {
		return err
	}
	if err := s.post(ctx, &s.client, "/api/passwordless/send", started, nil); err != nil {
		return err
	}
	var answer struct{ Token, RefreshToken string }
	if err := s.post(ctx, &s.client, "/api/passwordless/login", map[string]string{
		"applicationId": application.ID, "code": started.Code, "oneTimeCode": <-codes,
	}, &answer); err != nil {
		return err
	}
	if answer.Token == "" || answer.RefreshToken == "" {
		return errors.New("a login left no tokens")
	}
	return nil
}

// post sends JSON and reads what is answered with 200.
func (s *server) post(ctx context.Context, c *http.Client, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if c == &s.client {
		r.Header.Set("Authorization", apiKey)
	}
	answer, err := c.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if text, err = io.ReadAll(answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d %s", path, answer.StatusCode, text)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}
