package main

import (
	"errors"
	"sync"
	"time"
)

// Account is a row of a table that was there before Gatehouse came.
type Account struct {
	ID        int64
	Email     string // unique, in lower case
	Name      string
	Confirmed time.Time // when the address was; zero: it was not
	LastLogin time.Time
	Blocked   bool
}

// Accounts is that table. A map plays the database. The zero table is empty.
type Accounts struct {
	mu   sync.Mutex
	rows map[int64]Account
}

var errTaken = errors.New("accounts: another account has that address")

// Add inserts a row, with the next number for its ID.
func (t *Accounts) Add(a Account) (Account, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = map[int64]Account{}
	}
	for _, other := range t.rows {
		if other.Email == a.Email {
			return Account{}, errTaken
		}
	}
	a.ID = int64(len(t.rows)) + 1
	t.rows[a.ID] = a
	return a, nil
}

// ByID finds a row by its primary key.
func (t *Accounts) ByID(id int64) (Account, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.rows[id]
	return a, ok
}

// ByEmail finds a row by its address.
func (t *Accounts) ByEmail(email string) (Account, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.rows {
		if a.Email == email {
			return a, true
		}
	}
	return Account{}, false
}

// Update has change alter a row, alone, and says whether there is one.
func (t *Accounts) Update(id int64, change func(*Account)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.rows[id]
	if ok {
		change(&a)
		t.rows[id] = a
	}
	return ok
}
