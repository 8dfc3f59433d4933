package httpmessenger_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/httpmessenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func ExampleTwilio() {
	templates, err := messenger.NewTemplates(messenger.TemplateConfig{Domain: "piedpiper.com"})
	if err != nil {
		log.Fatal(err)
	}
	c := httpmessenger.Twilio("AC00000000000000000000000000000001", secret.New("from the environment"), "+13035550100")
	c.Templates = templates
	c.Countries = []string{"+1", "+44"}
	sms, err := httpmessenger.New(c)
	if err != nil {
		log.Fatal(err)
	}
	defer sms.Close()

	err = sms.Send(context.Background(), messenger.Message{
		ID:          "10000000-0000-0002-0000-00000000000a",
		Purpose:     messenger.PasswordlessLogin,
		Channel:     messenger.SMS,
		To:          secret.New("+8821012345678"),
		Application: messenger.Ref{Name: "Pied Piper"},
		Code:        secret.New("012345"),
	})
	fmt.Println(err)
	// Output: messenger: To is in a country that is not allowed
}

// A gateway that takes JSON, and tells of a refusal in the body of a success.
func ExampleNew() {
	standIn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Println(r.Header.Get("X-Api-Key"), r.Header.Get("Idempotency-Key"), string(body))
		fmt.Fprint(w, `{"status":"29"}`)
	}))
	defer standIn.Close()

	sms, err := httpmessenger.New(httpmessenger.Config{
		URL:    standIn.URL,
		From:   "Pied Piper",
		Header: map[string]secret.Text{"X-Api-Key": secret.New("key")},
		Accepted: func(body []byte) error {
			var reply struct{ Status string }
			if err := json.Unmarshal(body, &reply); err != nil {
				return errors.New("reply is no JSON")
			}
			if reply.Status != "0" {
				return messenger.Permanent(errors.New("refused"))
			}
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer sms.Close()

	err = sms.Send(context.Background(), messenger.Message{
		ID:          "10000000-0000-0002-0000-00000000000a",
		Purpose:     messenger.TwoFactorCode,
		Channel:     messenger.SMS,
		To:          secret.New("+13035551212"),
		Application: messenger.Ref{Name: "Pied Piper"},
		Code:        secret.New("012345"),
	})
	fmt.Println(err, messenger.IsPermanent(err))
	// Output:
	// key 10000000-0000-0002-0000-00000000000a {"id":"10000000-0000-0002-0000-00000000000a","to":"+13035551212","from":"Pied Piper","text":"012345 is your second-step code for Pied Piper. Do not share it."}
	// httpmessenger: refused true
}
