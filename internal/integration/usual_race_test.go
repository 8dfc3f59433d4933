//go:build race

package integration_test

// What is usual unless a flag says otherwise is less than without the race
// detector: a process takes long to start under it, and one caller has no races.
const (
	usualKills  = 40
	usualLogins = 500
)
