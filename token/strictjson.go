package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds how deep arrays and objects may nest.
const maxDepth = 32

var errJSON = errors.New("not a JSON object with unique names")

// parseObject reads one JSON object and nothing after it. It refuses what
// encoding/json lets pass: names that repeat, at any depth (two readers could
// then see two values), invalid UTF-8, and deep nesting. Numbers stay as they
// were written, as json.Number.
func parseObject(data []byte) (map[string]any, error) {
	// encoding/json judges the grammar, and that nothing follows. So the walk
	// below meets only valid JSON and looks for what is valid and still refused;
	// with json.Decoder's tokens the same walk costs four times as much.
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, errJSON
	}
	w := walker{data: string(data)}
	value, err := w.value(maxDepth)
	if err != nil {
		return nil, err
	}
	if object, ok := value.(map[string]any); ok {
		return object, nil
	}
	return nil, errJSON
}

// walker reads values out of valid JSON. What it returns is cut from data, so
// that it costs no copy.
type walker struct {
	data string
	at   int
}

func (w *walker) value(depth int) (any, error) {
	switch w.next() {
	case '{':
		return w.object(depth - 1)
	case '[':
		return w.array(depth - 1)
	case '"':
		return w.text(), nil
	case 't':
		w.at += len("true")
		return true, nil
	case 'f':
		w.at += len("false")
		return false, nil
	case 'n':
		w.at += len("null")
		return nil, nil
	}
	return w.number(), nil
}

func (w *walker) object(depth int) (map[string]any, error) {
	if depth < 0 {
		return nil, errJSON
	}
	members := make(map[string]any)
	for w.at++; w.next() != '}'; {
		if w.data[w.at] == ',' {
			w.at++
			w.next()
		}
		name := w.text()
		if _, repeated := members[name]; repeated {
			return nil, errJSON
		}
		w.next()
		w.at++ // the colon
		value, err := w.value(depth)
		if err != nil {
			return nil, err
		}
		members[name] = value
	}
	w.at++
	return members, nil
}

func (w *walker) array(depth int) ([]any, error) {
	if depth < 0 {
		return nil, errJSON
	}
	values := []any{}
	for w.at++; w.next() != ']'; {
		if w.data[w.at] == ',' {
			w.at++
		}
		value, err := w.value(depth)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	w.at++
	return values, nil
}

// next skips white space and returns the byte that follows.
func (w *walker) next() byte {
	for strings.IndexByte(" \t\r\n", w.data[w.at]) >= 0 {
		w.at++
	}
	return w.data[w.at]
}

func (w *walker) text() string {
	start, escaped := w.at, false
	for w.at++; w.data[w.at] != '"'; w.at++ {
		if w.data[w.at] == '\\' {
			escaped = true
			w.at++
		}
	}
	w.at++
	quoted := w.data[start:w.at]
	if !escaped {
		return quoted[1 : len(quoted)-1]
	}
	var text string
	_ = json.Unmarshal([]byte(quoted), &text) // a valid string does not fail
	return text
}

func (w *walker) number() json.Number {
	start := w.at
	for w.at < len(w.data) && strings.IndexByte("+-.0123456789eE", w.data[w.at]) >= 0 {
		w.at++
	}
	return json.Number(w.data[start:w.at])
}

// strictBase64 refuses padding and bits that do not count, so that one value
// has one spelling (RFC 7515 section 2).
var strictBase64 = base64.RawURLEncoding.Strict()

func decodeBase64(s string) ([]byte, error) {
	// encoding/base64 skips line ends wherever they are.
	if strings.ContainsAny(s, "\r\n") {
		return nil, base64.CorruptInputError(0)
	}
	return strictBase64.DecodeString(s)
}

func encodeBase64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
