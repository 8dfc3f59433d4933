package identity_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// tree is JSON as values that compare, with numbers as they were written.
func tree(t *testing.T, data []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("decode %s: %v", data, err)
	}
	return v
}

func wantSameJSON(t *testing.T, got, want []byte) {
	t.Helper()
	if !reflect.DeepEqual(tree(t, got), tree(t, want)) {
		t.Errorf("got JSON\n%s\nwant\n%s", got, want)
	}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	return data
}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
	return v
}
