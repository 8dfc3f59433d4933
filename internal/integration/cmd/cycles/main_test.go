package main

import "testing"

func TestRun(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"memory", "sqlite"} {
		if err := run(t.Context(), options{store: kind, clients: 4, cycles: 40, http: kind == "memory"}); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if err := run(t.Context(), options{store: "paper", clients: 4, cycles: 40}); err == nil {
		t.Error("a store that nobody knows was opened")
	}
}
