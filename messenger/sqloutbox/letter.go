package sqloutbox

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

// letter is a message as it is sealed. A [messenger.Message] does not show
// itself to an encoder.
type letter struct {
	Purpose     messenger.Purpose
	Channel     messenger.Channel
	To          string
	Tenant      messenger.Ref
	Application messenger.Ref
	User        *identity.User `json:",omitempty"`
	Locales     []string       `json:",omitempty"`
	Code        string         `json:",omitempty"`
	Link        string         `json:",omitempty"`
	State       []byte         `json:",omitempty"` // encoded as it is, and not as JSON
	Lifetime    time.Duration
	Expires     time.Time
	Decoy       bool `json:",omitempty"`
}

// letters is what messages are sealed for.
const letters secret.Use = "outbox message"

// step is what the size of a sealed message is a multiple of: a row, and the
// work of writing it, do not tell a decoy from the message of a user.
const step = 4096

// seal binds what a message says to its ID.
func (o *Outbox) seal(m messenger.Message) ([]byte, error) {
	plain, err := json.Marshal(letter{
		Purpose: m.Purpose, Channel: m.Channel, To: m.To.Reveal(), Tenant: m.Tenant, Application: m.Application,
		User: m.User, Locales: m.Locales, Code: m.Code.Reveal(), Link: m.Link.Reveal(), State: m.State,
		Lifetime: m.Lifetime, Expires: m.Expires, Decoy: m.Decoy,
	})
	if err != nil {
		return nil, err
	}
	if rest := len(plain) % step; rest > 0 {
		plain = append(plain, bytes.Repeat([]byte{' '}, step-rest)...)
	}
	return o.config.Keys.Seal(letters, plain, m.ID), nil
}

// open reads what seal wrote for the message id.
func (o *Outbox) open(id string, sealed []byte) (messenger.Message, error) {
	plain, err := o.config.Keys.Open(letters, sealed, id)
	if err != nil {
		return messenger.Message{ID: id}, err
	}
	var l letter
	if err := json.Unmarshal(plain, &l); err != nil {
		return messenger.Message{ID: id}, err
	}
	return messenger.Message{
		ID: id, Purpose: l.Purpose, Channel: l.Channel, To: secret.New(l.To), Tenant: l.Tenant, Application: l.Application,
		User: l.User, Locales: l.Locales, Code: secret.New(l.Code), Link: secret.New(l.Link), State: l.State,
		Lifetime: l.Lifetime, Expires: l.Expires, Decoy: l.Decoy,
	}, nil
}
