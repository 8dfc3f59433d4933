// Package identity is who signs in, and where: users, their login ids,
// registrations and second factors, and the tenants and applications that say
// what holds for them.
//
// The models carry FusionAuth's names on the wire. [Parser] turns what a person
// typed into the canonical [Identifier] that everything else looks up, limits
// and compares by. [Tenant] and [Application] are configuration: plain structs
// whose zero fields mean the defaults, read through methods that resolve them.
//
// Nothing here talks to a network, keeps anything, or reads a clock of its own.
package identity
