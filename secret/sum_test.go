package secret_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/secret"
)

func TestSum(t *testing.T) {
	t.Parallel()
	length := func(n byte) string { return strings.Repeat("\x00", 7) + string(rune(n)) }
	for _, c := range []struct {
		parts []string
		in    string
	}{
		{nil, ""},
		{[]string{""}, length(0)},
		{[]string{"login", "x"}, length(5) + "login" + length(1) + "x"},
	} {
		if got, want := secret.Sum(c.parts...), sha256.Sum256([]byte(c.in)); got != want {
			t.Errorf("Sum(%q) = %x, want %x", c.parts, got, want)
		}
	}
	long := strings.Repeat("x", 1000)
	if secret.Sum(long) == secret.Sum(long[:999]) {
		t.Error("a part longer than the buffer was cut short")
	}
}

func TestSumTellsListsApart(t *testing.T) {
	t.Parallel()
	lists := [][]string{
		nil, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"", "ab"}, {"ab", ""},
		{"a", "", "b"}, {"a\x00b"}, {"a", "\x00b"}, {"a\x00", "b"},
	}
	seen := map[[32]byte][]string{}
	for _, list := range lists {
		sum := secret.Sum(list...)
		if other, ok := seen[sum]; ok {
			t.Errorf("%q and %q have one sum", list, other)
		}
		seen[sum] = list
	}
}
