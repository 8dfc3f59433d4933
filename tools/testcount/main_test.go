package main

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stream string
		want   tally
		says   string
		good   bool
	}{
		"nothing ran": {
			stream: `{"Action":"start","Package":"p"}` + "\n" + `{"Action":"skip","Package":"p"}`,
		},
		"all passed": {
			stream: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- PASS: TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA/sub"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p"}`,
			want: tally{passed: 2},
			good: true,
		},
		"one failed": {
			stream: `{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"fail","Package":"p"}`,
			want: tally{passed: 1, failed: 1},
			says: "failed: p TestB\ngot 1, want 2\n",
		},
		"one skipped": {
			stream: `{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"skip","Package":"p","Test":"TestB"}`,
			want: tally{passed: 1, skipped: 1},
			says: "skipped: p TestB\n",
			good: true,
		},
		"a package does not build": {
			stream: `{"Action":"pass","Package":"p","Test":"TestA"}
{"ImportPath":"q","Action":"build-output","Output":"q.go:1:1: no\n"}
{"ImportPath":"q","Action":"build-fail"}
{"Action":"fail","Package":"q","FailedBuild":"q"}`,
			want: tally{passed: 1, failed: 1},
			says: "q.go:1:1: no\n",
		},
		"a process dies": {
			stream: `{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"panic: no\n"}
{"Action":"fail","Package":"p"}`,
			want: tally{passed: 1, failed: 1},
			says: "panic: no\n",
		},
		"the go command complains": {
			stream: "go: no such pattern",
			says:   "go: no such pattern\n",
		},
	} {
		var out strings.Builder
		got, err := read(strings.NewReader(c.stream), &out)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got != c.want || got.good() != c.good {
			t.Errorf("%s: got %v (good: %t), want %v (good: %t)", name, got, got.good(), c.want, c.good)
		}
		if !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: said %q, want %q", name, out.String(), c.says)
		}
	}
}
