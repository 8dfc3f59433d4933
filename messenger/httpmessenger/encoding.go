package httpmessenger

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/secret"
)

// SMS is a message as a gateway gets it.
type SMS struct {
	ID   string      // the same whenever the message is tried
	From string      // as configured
	To   secret.Text // in E.164
	Text secret.Text // with code and link

	// Lifetime is how much longer it makes sense to deliver the message. Zero:
	// however long it takes.
	Lifetime time.Duration
}

// Encoding writes a message in the way of a gateway. An error must not hold the
// number or the text, and is worth another try unless wrapped in
// [messenger.Permanent].
type Encoding func(SMS) (contentType string, body []byte, err error)

// JSON writes {"id":…, "to":…, "from":…, "text":…}, without "from" if there is
// none.
func JSON(m SMS) (contentType string, body []byte, err error) {
	body, err = json.Marshal(struct {
		ID   string `json:"id"`
		To   string `json:"to"`
		From string `json:"from,omitempty"`
		Text string `json:"text"`
	}{m.ID, m.To.Reveal(), m.From, m.Text.Reveal()})
	return "application/json", body, err
}

// Form writes a form with the fields that a gateway has for the number, the
// sender and the text. A field without a name is left out.
func Form(to, from, text string) Encoding {
	return func(m SMS) (string, []byte, error) {
		form := url.Values{}
		for _, field := range [][2]string{{to, m.To.Reveal()}, {from, m.From}, {text, m.Text.Reveal()}} {
			if field[0] != "" {
				form.Set(field[0], field[1])
			}
		}
		return encodeForm(form)
	}
}

func encodeForm(form url.Values) (contentType string, body []byte, err error) {
	return "application/x-www-form-urlencoded", []byte(form.Encode()), nil
}

// Twilio returns the configuration for Twilio's Messages resource, for the
// caller to amend. From is a number, an alphanumeric sender or the id of a
// messaging service (MG…). To use an API key, change Username and Password to
// it. Messages that Twilio could not hand on in time it drops; it knows no
// idempotency key, so that one whose response got lost may come twice.
//
// See https://www.twilio.com/docs/messaging/api/message-resource.
func Twilio(accountSID string, authToken secret.Text, from string) Config {
	return Config{
		URL:      "https://api.twilio.com/2010-04-01/Accounts/" + url.PathEscape(accountSID) + "/Messages.json",
		From:     from,
		Encode:   twilioForm,
		Username: accountSID,
		Password: authToken,
	}
}

func twilioForm(m SMS) (contentType string, body []byte, err error) {
	const longest = 36000 // seconds of ValidityPeriod
	form := url.Values{"To": {m.To.Reveal()}, "Body": {m.Text.Reveal()}}
	if strings.HasPrefix(m.From, "MG") && len(m.From) == len("MG")+32 {
		form.Set("MessagingServiceSid", m.From)
	} else {
		form.Set("From", m.From)
	}
	if m.Lifetime > 0 {
		seconds := min(max(int(m.Lifetime/time.Second), 1), longest)
		form.Set("ValidityPeriod", strconv.Itoa(seconds))
	}
	return encodeForm(form)
}
