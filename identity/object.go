package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// MaxDepth is how deep an [Object] may nest, itself included.
const MaxDepth = 32

// ErrObject is wrapped by what refuses an [Object] and says why; it never
// repeats what the object holds.
var ErrObject = errors.New("identity: not an acceptable JSON object")

// Object is a JSON object of any content, such as a caller's state or a user's
// data, kept byte for byte: numbers are not rounded and members keep their
// order. The empty Object is absent and null in JSON; {} is present.
//
// To read one into a Go value, give it to json.Unmarshal.
//
// Decoding refuses what two readers could understand differently or what is
// made to cost: anything but an object, more than [MaxDepth] levels, a member
// named twice, invalid UTF-8. It does not limit the size: see [Object.Check].
// Bytes that are converted to an Object are not checked until they are encoded,
// and then only for being JSON.
type Object []byte

// ParseObject checks data and keeps a copy. Errors wrap [ErrObject].
func ParseObject(data []byte) (Object, error) {
	data = bytes.TrimSpace(data)
	if !json.Valid(data) {
		return nil, fmt.Errorf("%w: not valid JSON", ErrObject)
	}
	if fault := objectFault(data); fault != "" {
		return nil, fmt.Errorf("%w: %s", ErrObject, fault)
	}
	return bytes.Clone(data), nil
}

// ObjectOf is the Object that v encodes to. Errors are json.Marshal's or wrap
// [ErrObject].
func ObjectOf(v any) (Object, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("identity: object: %w", err)
	}
	return ParseObject(data)
}

// Check says whether o is an Object that [ParseObject] would give, of at most
// maxBytes bytes. An absent one is. Errors wrap [ErrObject].
func (o Object) Check(maxBytes int) error {
	if len(o) == 0 {
		return nil
	}
	if len(o) > maxBytes {
		return fmt.Errorf("%w: larger than %d bytes", ErrObject, maxBytes)
	}
	_, err := ParseObject(o)
	return err
}

// Text is the string that the member name holds at the top level, or empty if
// there is none or it holds something else.
func (o Object) Text(name string) string {
	var members map[string]json.RawMessage
	if len(o) == 0 || json.Unmarshal(o, &members) != nil {
		return ""
	}
	var text string
	if json.Unmarshal(members[name], &text) != nil {
		return ""
	}
	return text
}

// MarshalJSON is the object as it is.
func (o Object) MarshalJSON() ([]byte, error) {
	if len(o) == 0 {
		return []byte("null"), nil
	}
	return o, nil
}

// UnmarshalJSON keeps a copy of data; null is absent.
func (o *Object) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*o = nil
		return nil
	}
	if fault := objectFault(data); fault != "" {
		return mistyped[Object](fault)
	}
	*o = bytes.Clone(data)
	return nil
}

// objectFault says what keeps valid JSON from being an Object, or nothing.
func objectFault(data []byte) string {
	switch {
	case len(data) == 0 || data[0] != '{':
		return "anything but an object"
	case !utf8.Valid(data):
		return "text that is not UTF-8"
	}
	return nestingFault(data)
}

// nestingFault scans valid JSON. Names are those of every object that it is in,
// one object's after another's: sorted when their object ends, those that are
// there twice stand side by side.
func nestingFault(data []byte) string {
	var (
		names  = make([][]byte, 0, 16)
		starts = make([]int, 0, 8) // of the names of each level, if it has any
	)
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			starts = append(starts, len(names))
			if len(starts) > MaxDepth {
				return fmt.Sprintf("more than %d levels", MaxDepth)
			}
		case '}', ']':
			last := len(starts) - 1
			if last < 0 {
				return "anything but an object"
			}
			if twice(names[starts[last]:]) {
				return "an object that names a member twice"
			}
			names, starts = names[:starts[last]], starts[:last]
		case '"':
			end := i + stringLength(data[i:])
			if isName(data[end:]) {
				names = append(names, plain(data[i:end]))
			}
			i = end - 1
		}
	}
	return ""
}

// stringLength is how long the string is that data begins with, quotes included.
func stringLength(data []byte) int {
	for i := 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

// isName says whether the string before rest is the name of a member.
func isName(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

// plain is a string without quotes and escapes.
func plain(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return quoted
	}
	return []byte(text)
}

// twice says whether a name is there twice. It sorts them.
func twice(names [][]byte) bool {
	slices.SortFunc(names, bytes.Compare)
	for i := 1; i < len(names); i++ {
		if bytes.Equal(names[i-1], names[i]) {
			return true
		}
	}
	return false
}
