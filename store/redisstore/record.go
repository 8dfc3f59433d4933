package redisstore

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gatehouse-go/gatehouse/store"
)

// errRecord: what the server has under a ticket's key was not written here.
var errRecord = errors.New("redisstore: the server has no ticket of ours under its key")

// record is the fields and values of a new ticket.
func record(t store.Ticket) []string {
	fields := []string{"k", kept(t), "e", instant(t.Expires)}
	if t.Attempts != 0 {
		fields = append(fields, "n", decimal(int64(t.Attempts)))
	}
	if t.Sends != 0 {
		fields = append(fields, "s", decimal(int64(t.Sends)))
	}
	if !t.Sent.IsZero() {
		fields = append(fields, "t", instant(t.Sent))
	}
	return append(fields, content(t.Code, t.Data)...)
}

// content is the fields and values that a message replaces.
func content(code, data []byte) (fields []string) {
	if code != nil {
		fields = append(fields, "c", string(code))
	}
	if data != nil {
		fields = append(fields, "d", string(data))
	}
	return fields
}

// nonceSize makes what kept returns unlike any other.
const nonceSize = 12

// kept is what never changes of a ticket, in a form that no other call writes.
func kept(t store.Ticket) string {
	b := make([]byte, nonceSize, 160)
	rand.Read(b)
	b = append(b, t.Budget[:]...)
	for _, s := range []string{t.Purpose, t.Walk, t.Tenant, t.User} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return string(b)
}

// ticketOf reads the fields of a ticket, in the order of the scripts.
func ticketOf(id store.Hash, fields []any) (store.Ticket, error) {
	t := store.Ticket{ID: id}
	if len(fields) != 7 {
		return store.Ticket{}, errRecord
	}
	r := reader{}
	r.keep(&t, r.bytes(fields[0]))
	t.Expires = r.instant(fields[1])
	t.Attempts = int(r.number(fields[2]))
	t.Sends = int(r.number(fields[3]))
	t.Sent = r.instant(fields[4])
	t.Code = r.bytes(fields[5])
	t.Data = r.bytes(fields[6])
	if r.err != nil {
		return store.Ticket{}, r.err
	}
	return t, nil
}

// reader reads what the server says, and remembers the first error.
type reader struct{ err error }

// bytes is nil for a field that was left out. The bytes are the caller's own.
func (r *reader) bytes(field any) []byte {
	switch v := field.(type) {
	case nil:
		return nil
	case string:
		return append([]byte{}, v...)
	case []byte:
		return append([]byte{}, v...)
	}
	r.err = fmt.Errorf("redisstore: the script answered with %T for a field, want string", field)
	return nil
}

// number is zero for a field that was left out.
func (r *reader) number(field any) int64 {
	b := r.bytes(field)
	if b == nil {
		return 0
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		r.err = errRecord
	}
	return n
}

// instant is the zero time for a field that was left out.
func (r *reader) instant(field any) time.Time {
	if field == nil {
		return time.Time{}
	}
	return time.UnixMilli(r.number(field)).UTC()
}

// keep takes apart what kept made.
func (r *reader) keep(t *store.Ticket, b []byte) {
	if len(b) < nonceSize+len(t.Budget) {
		r.err = errRecord
		return
	}
	b = b[nonceSize+copy(t.Budget[:], b[nonceSize:]):]
	for _, s := range []*string{&t.Purpose, &t.Walk, &t.Tenant, &t.User} {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			r.err = errRecord
			return
		}
		*s, b = string(b[size:size+int(n)]), b[size+int(n):]
	}
	if len(b) != 0 {
		r.err = errRecord
	}
}
