// Package gatehouse signs people in without passwords: by a link or a code sent
// to an address they own, with a second factor where one is due, and with the
// tokens they leave with. It is a library. A service hands it a store and a
// messenger and calls it from its own handlers. This package holds only this
// overview; the code is in the packages below.
//
// # One idea
//
// A login is a walk from ticket to ticket. Starting one hands out a ticket: the
// right to take exactly one next step, once, before it expires. Each step spends
// its ticket and yields the next one, or an admitted login. A passwordless code,
// a two-factor id, a change-password id and a verification id are all tickets,
// told apart by purpose and never accepted for another.
//
// The store's central verb is that step. It spends a ticket and writes what comes
// next, atomically, so that of any number of attempts, on any number of machines,
// at most one succeeds. Every call reads what it needs, decides in a pure
// function, exchanges the ticket, and only then tells the caller, the log and the
// messenger.
//
// # The packages
//
// From the ground up; a package imports only those above it in this list.
//
//   - secret: what must not be guessed or seen, from the code generator to the keyring
//   - identity: users, tenants and applications; identity/phone reads phone numbers
//   - token: signed access tokens and their keys; token/bearer guards handlers
//   - store: what is remembered, as four small interfaces
//   - messenger: what people are sent
//   - outcome: the decision that a login ends in
//   - session: what people leave with, refreshed, listed and revoked; API keys
//   - mfa: second factors
//   - passwordless: the login itself, where most callers start
//   - httpapi: the login over HTTP, in FusionAuth's shape; httpapi/authn and
//     httpapi/account, two other dialects
//   - storetest: a suite that proves a store
//   - store/memstore: the store in memory, and the reference for others
//   - store/sqlstore: PostgreSQL, MySQL, MariaDB and SQLite; store/redisstore: tickets on Redis
//   - messenger/smtpmessenger and messenger/httpmessenger: mail, and SMS gateways;
//     messenger/sqloutbox: an outbox that outlives the process
//
// Each package links only the modules listed for it in testdata/deps.golden.
package gatehouse
