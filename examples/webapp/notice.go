package webapp

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

// notice is what a page says once, at its top or beside a field.
type notice struct {
	Text  string
	Field string // the field that is wrong; its value was Value. Empty: nothing is
	Value string
	Error bool
}

// tell has the next page say that something was done.
func (a *App) tell(w http.ResponseWriter, text string) error {
	return a.cookies.put(w, noticeCookie, notice{Text: text}, a.now().Add(time.Minute))
}

// complain has the next page say what is wrong, beside field if there is one.
func (a *App) complain(w http.ResponseWriter, field, value, text string) error {
	const most = 320 // an address is no longer, and cookies have an end
	if len(value) > most {
		value = ""
	}
	return a.cookies.put(w, noticeCookie, notice{Text: text, Field: field, Value: value, Error: true}, a.now().Add(time.Minute))
}

// takeNotice is what the last page has left to say.
func (a *App) takeNotice(w http.ResponseWriter, r *http.Request) (n notice) {
	if a.cookies.get(r, noticeCookie, &n) && r.Method != http.MethodHead {
		a.cookies.drop(w, noticeCookie)
	}
	return n
}

// back complains on the page at path.
func (a *App) back(w http.ResponseWriter, r *http.Request, path, field, value, text string) error {
	if err := a.complain(w, field, value, text); err != nil {
		return err
	}
	return see(w, r, path)
}

// on tells on the page at path.
func (a *App) on(w http.ResponseWriter, r *http.Request, path, text string) error {
	if err := a.tell(w, text); err != nil {
		return err
	}
	return see(w, r, path)
}

// waitOf is how long somebody has to wait of whom there was too much; zero if err
// is about something else.
func waitOf(err error) time.Duration {
	var limit *passwordless.RateLimitError
	var spent *mfa.ExhaustedError
	switch {
	case errors.As(err, &limit):
		return max(limit.RetryAfter, time.Second)
	case errors.As(err, &spent):
		return max(spent.RetryAfter, time.Second)
	}
	return 0
}

// waiting is a duration as people say it.
func waiting(d time.Duration) string {
	count, unit := seconds(d), "second"
	switch {
	case d > 2*time.Hour:
		count, unit = int((d+time.Hour-1)/time.Hour), "hour"
	case d > 2*time.Minute:
		count, unit = int((d+time.Minute-1)/time.Minute), "minute"
	}
	if count != 1 {
		unit += "s"
	}
	return fmt.Sprint(count, " ", unit)
}
