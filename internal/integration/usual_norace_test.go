//go:build !race

package integration_test

const (
	usualKills  = 200    // of a process, unless -kills says otherwise
	usualLogins = 10_000 // to guess at a second factor, unless -besieging does
)
