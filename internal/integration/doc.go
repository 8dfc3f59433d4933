// Package integration holds the tests of Gatehouse that need something the
// released module does not: another library to check against, or a real
// engine. It is a module of its own and is never released.
package integration
