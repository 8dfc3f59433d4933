-- Instants are milliseconds since 1970.
-- due is when a message may be taken up: the end of a wait, or of a lease.
-- sealed holds all that it says, and its expiry.

CREATE TABLE @outbox (
	id       bytea NOT NULL PRIMARY KEY,
	due      bigint NOT NULL,
	attempts integer NOT NULL,
	sealed   bytea NOT NULL
);
CREATE INDEX #outbox_due ON @outbox (due);
