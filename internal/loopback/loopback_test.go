package loopback_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/internal/loopback"
)

func TestIsHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "mail.localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true,
		"": false, "localhost.piedpiper.com": false, "notlocalhost": false, "10.0.0.1": false, "0.0.0.0": false, "piedpiper.com": false,
	} {
		if got := loopback.IsHost(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}
