-- Instants are milliseconds since 1970.
-- due is when a message may be taken up: the end of a wait, or of a lease.
-- sealed holds all that it says, and its expiry.

CREATE TABLE @outbox (
	id       BLOB NOT NULL PRIMARY KEY,
	due      INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	sealed   BLOB NOT NULL
) STRICT;
CREATE INDEX #outbox_due ON @outbox (due);
