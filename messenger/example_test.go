package messenger_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"testing/fstest"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func exampleMessage() messenger.Message {
	return messenger.Message{
		ID:          "1",
		Purpose:     messenger.PasswordlessLogin,
		Channel:     messenger.Email,
		To:          secret.New("jared@piedpiper.com"),
		Application: messenger.Ref{ID: "10000000-0000-0002-0000-000000000001", Name: "Pied Piper"},
		User:        &identity.User{FirstName: "John"},
		Code:        secret.New("012345"),
		Lifetime:    3 * time.Minute,
	}
}

func ExampleConsole() {
	console := messenger.Console(os.Stdout)
	if err := console.Send(context.Background(), exampleMessage()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// passwordless-login by email to jared@piedpiper.com
	//   code: 012345
	//   valid for 3m0s
}

func ExampleInbox() {
	var inbox messenger.Inbox
	if err := inbox.Send(context.Background(), exampleMessage()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(inbox.LastCode("jared@piedpiper.com"))
	// Output: 012345
}

func ExampleOutbox() {
	outbox, err := messenger.NewOutbox(messenger.OutboxConfig{
		Next: messenger.Console(os.Stdout),
		OnFailure: func(ctx context.Context, m messenger.Message, err error) {
			slog.ErrorContext(ctx, "message not delivered", "message", m, "error", err)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := outbox.Send(context.Background(), exampleMessage()); err != nil {
		log.Fatal(err) // messenger.ErrFull, or messenger.ErrClosed
	}

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := outbox.Close(ctx); err != nil { // when the service shuts down
		log.Fatal(err)
	}
	// Output:
	// passwordless-login by email to jared@piedpiper.com
	//   code: 012345
	//   valid for 3m0s
}

func ExampleTemplates() {
	templates, err := messenger.NewTemplates(messenger.TemplateConfig{
		Domain: "piedpiper.com",
		Files: fstest.MapFS{ // or an embed.FS, or os.DirFS
			"fr/passwordless-login.tmpl": {Data: []byte(`{{define "subject"}}Bienvenue chez {{.Application.Name}}{{end}}`)},
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	m := exampleMessage()
	m.Locales = []string{"fr_CA", "en"}
	mail, err := templates.Render(m)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(mail.Subject)

	m.Channel, m.To, m.Locales = messenger.SMS, secret.New("+13035551212"), nil
	sms, err := templates.Render(m)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sms.Text.Reveal())
	// Output:
	// Bienvenue chez Pied Piper
	// 012345 is your code to sign in to Pied Piper. Valid for 3 minutes. Do not share it.
	//
	// @piedpiper.com #012345
}

func ExampleLinks() {
	links, err := messenger.NewLinks(messenger.LinkConfig{Base: "https://www.piedpiper.com/login"})
	if err != nil {
		log.Fatal(err)
	}
	link := links.URL(secret.New("fr3RGqQsaZ6vQ2u8JBF1W6Y9n5rYqVfZ0t4yJ3pXhKo"), secret.Text{}, nil)
	fmt.Println(link)
	fmt.Println(link.Reveal())
	// Output:
	// [redacted]
	// https://www.piedpiper.com/login?code=fr3RGqQsaZ6vQ2u8JBF1W6Y9n5rYqVfZ0t4yJ3pXhKo
}
