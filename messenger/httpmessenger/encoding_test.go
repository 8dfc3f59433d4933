package httpmessenger_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/messenger/httpmessenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

// SEC-20
func TestJSON(t *testing.T) {
	t.Parallel()
	r := ask(t, httpmessenger.Config{
		From:   "Pied Piper",
		Header: map[string]secret.Text{"authorization": secret.New("Bearer " + authToken)},
	}, newMessage())
	var got map[string]string
	if err := json.Unmarshal([]byte(r.body), &got); err != nil {
		t.Fatalf("%q is no JSON: %v", r.body, err)
	}
	want := map[string]string{"id": id, "to": number, "from": "Pied Piper", "text": wantText}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	wantHeaders(t, r, map[string]string{
		"Content-Type": "application/json", "Idempotency-Key": id, "Authorization": "Bearer " + authToken,
	})
	if r.Method != "POST" || r.URL.Path != "/messages" || r.URL.RawQuery != "" {
		t.Errorf("got %s %s", r.Method, r.URL)
	}
}

func wantHeaders(t *testing.T, r request, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got := r.Header.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

func wantForm(t *testing.T, r request, want url.Values) {
	t.Helper()
	got, err := url.ParseQuery(r.body)
	if err != nil {
		t.Fatalf("%q is no form: %v", r.body, err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	wantHeaders(t, r, map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
}

func TestForm(t *testing.T) {
	t.Parallel()
	r := ask(t, httpmessenger.Config{
		From: "Pied & Piper", Encode: httpmessenger.Form("msisdn", "sender", "message"), IdempotencyHeader: "X-Request-ID",
	}, newMessage())
	wantForm(t, r, url.Values{"msisdn": {number}, "sender": {"Pied & Piper"}, "message": {wantText}})
	wantHeaders(t, r, map[string]string{"X-Request-Id": id, "Idempotency-Key": "", "Authorization": ""})

	r = ask(t, httpmessenger.Config{From: "Pied Piper", Encode: httpmessenger.Form("to", "", "text")}, newMessage())
	wantForm(t, r, url.Values{"to": {number}, "text": {wantText}})
}

// SEC-20
func TestTwilio(t *testing.T) {
	t.Parallel()
	c := httpmessenger.Twilio(accountSID, secret.New(authToken), sender)
	if want := "https://api.twilio.com/2010-04-01/Accounts/" + accountSID + "/Messages.json"; c.URL != want {
		t.Errorf("got URL %s, want %s", c.URL, want)
	}
	r := ask(t, c, newMessage())
	wantForm(t, r, url.Values{"To": {number}, "From": {sender}, "Body": {wantText}, "ValidityPeriod": {"180"}})
	if name, password, ok := r.BasicAuth(); !ok || name != accountSID || password != authToken {
		t.Errorf("got credentials %q, %q, %t", name, password, ok)
	}
}

func TestTwilioMessagingService(t *testing.T) {
	t.Parallel()
	const service = "MG00000000000000000000000000000001"
	msg := newMessage()
	msg.Expires = time.Time{}
	r := ask(t, httpmessenger.Twilio(accountSID, secret.New(authToken), service), msg)
	wantForm(t, r, url.Values{"To": {number}, "MessagingServiceSid": {service}, "Body": {wantText}})
}

func TestTwilioValidityPeriod(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]string{
		time.Nanosecond: "1", 90*time.Second + 1: "90", 10 * time.Hour: "36000", 48 * time.Hour: "36000",
	} {
		msg := newMessage()
		msg.Expires = now.Add(left)
		r := ask(t, httpmessenger.Twilio(accountSID, secret.New(authToken), sender), msg)
		if form, err := url.ParseQuery(r.body); err != nil || form.Get("ValidityPeriod") != want {
			t.Errorf("%s: got %q, want ValidityPeriod %s", left, r.body, want)
		}
	}
}

func TestAnEncodingMayFail(t *testing.T) {
	t.Parallel()
	errEncode := errors.New("too long for one segment")
	g := &gateway{}
	m := newMessenger(t, g.open(t, httpmessenger.Config{Encode: func(httpmessenger.SMS) (string, []byte, error) {
		return "", nil, messenger.Permanent(errEncode)
	}}))
	err := m.Send(t.Context(), newMessage())
	if !errors.Is(err, errEncode) || !messenger.IsPermanent(err) {
		t.Errorf("got %v, want what Encode returned", err)
	}
	if len(g.asked()) != 0 {
		t.Error("the gateway was asked")
	}
}
