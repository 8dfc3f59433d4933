//go:build race

package integration_test

// usualKills is fewer than without the race detector, which takes long to start.
const usualKills = 40
