//go:build !race

package integration_test

// usualKills is how often a process is killed unless -kills says otherwise.
const usualKills = 200
