package identity

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-go/gatehouse/secret"
)

// Limits of what may be configured, in seconds.
const (
	day    = 86_400
	month  = 30 * day
	decade = 3_653 * day
)

// span is n units, or otherwise units if n is not positive. It cannot wrap
// around: what Check refuses for being longer than a decade is a decade here.
func span(n, otherwise int, unit time.Duration) time.Duration {
	if n <= 0 {
		n = otherwise
	}
	return time.Duration(min(n, int(decade*time.Second/unit))) * unit
}

func seconds(n, otherwise int) time.Duration { return span(n, otherwise, time.Second) }

func minutes(n, otherwise int) time.Duration { return span(n, otherwise, time.Minute) }

// faults gathers what is wrong with a configuration, below a path.
type faults struct {
	path  []string
	found []error
}

func (f *faults) err() error { return errors.Join(f.found...) }

// below checks a nested object under its name.
func (f *faults) below(name string, check func(*faults)) {
	f.path = append(f.path, name)
	check(f)
	f.path = f.path[:len(f.path)-1]
}

func (f *faults) add(field, tag, reason string) {
	path := strings.Join(append(slices.Clone(f.path), field), ".")
	f.found = append(f.found, &FieldError{Field: path, Tag: tag, Reason: reason})
}

func (f *faults) blank(field, value string) {
	if value == "" {
		f.add(field, TagBlank, "is blank")
	}
}

// lifetime takes zero, the default, or 1 to most seconds.
func (f *faults) lifetime(field string, n, most int) { f.within(field, n, 1, most) }

// within takes zero, the default, or least to most.
func (f *faults) within(field string, n, least, most int) {
	if n != 0 && (n < least || n > most) {
		f.add(field, TagInvalid, fmt.Sprintf("must be %d to %d", least, most))
	}
}

// handle takes what nobody can guess, however often they try.
func (f *faults) handle(field string, g secret.Generator) { f.generator(field, g, 128) }

// code takes what can be guessed no more easily than six digits.
func (f *faults) code(field string, g secret.Generator, short bool) {
	least := secret.Generator{Kind: secret.RandomDigits, Length: 6}.Bits()
	if short {
		least = 0
	}
	f.generator(field, g, least)
}

func (f *faults) generator(field string, g secret.Generator, bits float64) {
	if g.IsZero() {
		return
	}
	var wrong *secret.FieldError
	switch err := g.Check(); {
	case errors.As(err, &wrong):
		f.add(field+"."+wrong.Field, TagInvalid, wrong.Problem)
	case err != nil:
		f.add(field, TagInvalid, "is no generator")
	case g.Bits() < bits:
		f.add(field, TagInvalid, fmt.Sprintf("must give at least %.1f bits", bits))
	}
}

// known takes an empty value, the default, or one of values.
func known[T ~string](f *faults, field string, value T, values ...T) {
	if value != "" && !slices.Contains(values, value) {
		f.add(field, TagInvalid, fmt.Sprintf("must be one of %v", values))
	}
}
