package store

import "errors"

// Check says which part is missing, if one is.
func (s Store) Check() error {
	switch {
	case s.Users == nil:
		return errors.New("store: Users: missing")
	case s.Tickets == nil:
		return errors.New("store: Tickets: missing")
	case s.Grants == nil:
		return errors.New("store: Grants: missing")
	case s.Factors == nil:
		return errors.New("store: Factors: missing")
	}
	return nil
}
