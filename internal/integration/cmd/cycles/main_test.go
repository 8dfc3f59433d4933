package main

import "testing"

func TestRun(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"memory", "sqlite"} {
		if err := run(t.Context(), kind, "", 4, 40); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if err := run(t.Context(), "paper", "", 4, 40); err == nil {
		t.Error("a store that nobody knows was opened")
	}
}
