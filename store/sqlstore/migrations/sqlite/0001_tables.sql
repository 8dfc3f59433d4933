-- Ids, identifiers and hashes are BLOBs: no collation folds two into one.
-- Instants are milliseconds since 1970, 0 for none.
-- To read them: CAST(user_id AS TEXT), datetime(expires / 1000, 'unixepoch').

CREATE TABLE @users (
	tenant      BLOB NOT NULL,
	id          BLOB NOT NULL,
	doc         BLOB NOT NULL,
	actions     BLOB,
	verified    INTEGER NOT NULL,
	verified_at INTEGER NOT NULL,
	PRIMARY KEY (tenant, id)
) STRICT;

CREATE TABLE @identities (
	tenant      BLOB NOT NULL,
	type        BLOB NOT NULL,
	value       BLOB NOT NULL,
	user_id     BLOB NOT NULL,
	position    INTEGER NOT NULL,
	doc         BLOB NOT NULL,
	main        INTEGER NOT NULL,
	verified    INTEGER NOT NULL,
	verified_at INTEGER NOT NULL,
	reason      BLOB NOT NULL,
	last_login  INTEGER NOT NULL,
	PRIMARY KEY (tenant, type, value)
) STRICT;
CREATE INDEX #identities_user ON @identities (tenant, user_id);

CREATE TABLE @registrations (
	tenant      BLOB NOT NULL,
	user_id     BLOB NOT NULL,
	application BLOB NOT NULL,
	position    INTEGER NOT NULL,
	doc         BLOB NOT NULL,
	verified    INTEGER NOT NULL,
	verified_at INTEGER NOT NULL,
	last_login  INTEGER NOT NULL,
	PRIMARY KEY (tenant, user_id, application)
) STRICT, WITHOUT ROWID;

-- One row for each user who ever logged in, whoever keeps the users.
CREATE TABLE @holders (
	tenant     BLOB NOT NULL,
	user_id    BLOB NOT NULL,
	epoch      INTEGER NOT NULL,
	last_login INTEGER NOT NULL,
	PRIMARY KEY (tenant, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE @tickets (
	id       BLOB NOT NULL PRIMARY KEY,
	purpose  BLOB NOT NULL,
	walk     BLOB NOT NULL,
	tenant   BLOB NOT NULL,
	user_id  BLOB NOT NULL,
	budget   BLOB NOT NULL,
	expires  INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	sends    INTEGER NOT NULL,
	sent     INTEGER NOT NULL,
	code     BLOB,
	data     BLOB
) STRICT;
CREATE INDEX #tickets_expires ON @tickets (expires);

CREATE TABLE @meters (
	id     BLOB NOT NULL PRIMARY KEY,
	used   INTEGER NOT NULL,
	resets INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX #meters_resets ON @meters (resets);

-- What lives until it is revoked expires at the end of time.
CREATE TABLE @grants (
	id          BLOB NOT NULL PRIMARY KEY,
	kind        BLOB NOT NULL,
	tenant      BLOB NOT NULL,
	user_id     BLOB NOT NULL,
	application BLOB NOT NULL,
	name        BLOB NOT NULL,
	digest      BLOB NOT NULL,
	counter     INTEGER NOT NULL,
	created     INTEGER NOT NULL,
	rotated     INTEGER NOT NULL,
	used        INTEGER NOT NULL,
	expires     INTEGER NOT NULL,
	data        BLOB
) STRICT;
CREATE INDEX #grants_user ON @grants (tenant, user_id, kind);
CREATE INDEX #grants_expires ON @grants (expires);

-- The primary key is what admits a walk once.
CREATE TABLE @logins (
	walk           BLOB NOT NULL PRIMARY KEY,
	tenant         BLOB NOT NULL,
	user_id        BLOB NOT NULL,
	application    BLOB NOT NULL,
	identity_type  BLOB NOT NULL,
	identity_value BLOB NOT NULL,
	implicit       INTEGER NOT NULL,
	first_proof    INTEGER NOT NULL,
	epoch          INTEGER NOT NULL,
	admitted       INTEGER NOT NULL,
	ip             BLOB NOT NULL,
	agent          BLOB NOT NULL,
	data           BLOB
) STRICT;
CREATE INDEX #logins_user ON @logins (tenant, user_id, admitted);

CREATE TABLE @factors (
	tenant    BLOB NOT NULL,
	user_id   BLOB NOT NULL,
	id        BLOB NOT NULL,
	kind      BLOB NOT NULL,
	recipient BLOB NOT NULL,
	name      BLOB NOT NULL,
	sealed    BLOB,
	algorithm BLOB NOT NULL,
	digits    INTEGER NOT NULL,
	period    INTEGER NOT NULL,
	created   INTEGER NOT NULL,
	confirmed INTEGER NOT NULL,
	used      INTEGER NOT NULL,
	step      INTEGER NOT NULL,
	first_one INTEGER NOT NULL,
	PRIMARY KEY (tenant, user_id, id)
) STRICT;

CREATE TABLE @codes (
	tenant  BLOB NOT NULL,
	user_id BLOB NOT NULL,
	digest  BLOB NOT NULL,
	PRIMARY KEY (tenant, user_id, digest)
) STRICT, WITHOUT ROWID;
