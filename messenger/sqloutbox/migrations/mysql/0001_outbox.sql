-- Instants are milliseconds since 1970.
-- due is when a message may be taken up: the end of a wait, or of a lease.
-- sealed holds all that it says, and its expiry.

CREATE TABLE IF NOT EXISTS @outbox (
	id       VARBINARY(255) NOT NULL PRIMARY KEY,
	due      BIGINT NOT NULL,
	attempts INT NOT NULL,
	sealed   MEDIUMBLOB NOT NULL,
	INDEX outbox_due (due)
) ENGINE=InnoDB;
