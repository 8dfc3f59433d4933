package smtpmessenger_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/smtpmessenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func ExampleNew() {
	mail, err := smtpmessenger.New(smtpmessenger.Config{
		Host:     "smtp.piedpiper.com", // port 587, STARTTLS
		Username: "login",
		Password: secret.New("from the environment"),
		From:     "Pied Piper <login@piedpiper.com>",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer mail.Close()

	// Give it to passwordless.Config.Messenger, which puts an outbox before it,
	// alone or with what delivers SMS:
	var all messenger.Messenger = messenger.ByChannel{Email: mail}

	sms := messenger.Message{ID: "1", Channel: messenger.SMS, To: secret.New("+13035551212")}
	fmt.Println(all.Send(context.Background(), sms))
	// Output: messenger: no messenger for channel sms
}

func ExampleMessenger_Send() {
	standIn := &server{} // for smtp.piedpiper.com
	mail, err := smtpmessenger.New(standIn.config())
	if err != nil {
		log.Fatal(err)
	}
	defer mail.Close()

	err = mail.Send(context.Background(), messenger.Message{
		ID:          "10000000-0000-0002-0000-00000000000a",
		Purpose:     messenger.PasswordlessLogin,
		Channel:     messenger.Email,
		To:          secret.New("jared@piedpiper.com"),
		Application: messenger.Ref{Name: "Pied Piper"},
		Code:        secret.New("012345"),
	})
	fmt.Println(err)

	standIn.fail("RCPT", refuse("550 5.1.1 <jared@piedpiper.com>: no such user"))
	err = mail.Send(context.Background(), messenger.Message{
		ID:          "10000000-0000-0002-0000-00000000000b",
		Purpose:     messenger.PasswordlessLogin,
		Channel:     messenger.Email,
		To:          secret.New("jared@piedpiper.com"),
		Application: messenger.Ref{Name: "Pied Piper"},
		Code:        secret.New("678901"),
	})
	fmt.Println(err)
	fmt.Println(messenger.IsPermanent(err))
	// Output:
	// <nil>
	// smtpmessenger: RCPT: refused with 550 5.1.1
	// true
}
