-- Ids, identifiers and hashes are binary: no collation folds two into one.
-- Instants are milliseconds since 1970, 0 for none.
-- To read them: CONVERT(user_id USING utf8mb4), FROM_UNIXTIME(expires / 1000).
-- DDL commits by itself here: each statement can run again after a failure.

CREATE TABLE IF NOT EXISTS @users (
	tenant      VARBINARY(255) NOT NULL,
	id          VARBINARY(255) NOT NULL,
	doc         MEDIUMBLOB NOT NULL,
	actions     MEDIUMBLOB,
	verified    TINYINT NOT NULL,
	verified_at BIGINT NOT NULL,
	PRIMARY KEY (tenant, id)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS @identities (
	tenant      VARBINARY(255) NOT NULL,
	type        VARBINARY(64) NOT NULL,
	value       VARBINARY(1024) NOT NULL,
	user_id     VARBINARY(255) NOT NULL,
	position    INT NOT NULL,
	doc         MEDIUMBLOB NOT NULL,
	main        TINYINT NOT NULL,
	verified    TINYINT NOT NULL,
	verified_at BIGINT NOT NULL,
	reason      VARBINARY(64) NOT NULL,
	last_login  BIGINT NOT NULL,
	PRIMARY KEY (tenant, type, value),
	INDEX identities_user (tenant, user_id)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS @registrations (
	tenant      VARBINARY(255) NOT NULL,
	user_id     VARBINARY(255) NOT NULL,
	application VARBINARY(255) NOT NULL,
	position    INT NOT NULL,
	doc         MEDIUMBLOB NOT NULL,
	verified    TINYINT NOT NULL,
	verified_at BIGINT NOT NULL,
	last_login  BIGINT NOT NULL,
	PRIMARY KEY (tenant, user_id, application)
) ENGINE=InnoDB;

-- One row for each user who ever logged in, whoever keeps the users.
CREATE TABLE IF NOT EXISTS @holders (
	tenant     VARBINARY(255) NOT NULL,
	user_id    VARBINARY(255) NOT NULL,
	epoch      BIGINT NOT NULL,
	last_login BIGINT NOT NULL,
	PRIMARY KEY (tenant, user_id)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS @tickets (
	id       BINARY(32) NOT NULL PRIMARY KEY,
	purpose  VARBINARY(64) NOT NULL,
	walk     VARBINARY(255) NOT NULL,
	tenant   VARBINARY(255) NOT NULL,
	user_id  VARBINARY(255) NOT NULL,
	budget   BINARY(32) NOT NULL,
	expires  BIGINT NOT NULL,
	attempts INT NOT NULL,
	sends    INT NOT NULL,
	sent     BIGINT NOT NULL,
	code     BLOB,
	data     MEDIUMBLOB,
	INDEX tickets_expires (expires)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS @meters (
	id     BINARY(32) NOT NULL PRIMARY KEY,
	used   INT NOT NULL,
	resets BIGINT NOT NULL,
	INDEX meters_resets (resets)
) ENGINE=InnoDB;

-- What lives until it is revoked expires at the end of time.
CREATE TABLE IF NOT EXISTS @grants (
	id          VARBINARY(255) NOT NULL PRIMARY KEY,
	kind        VARBINARY(64) NOT NULL,
	tenant      VARBINARY(255) NOT NULL,
	user_id     VARBINARY(255) NOT NULL,
	application VARBINARY(255) NOT NULL,
	name        VARBINARY(1024) NOT NULL,
	digest      BINARY(32) NOT NULL,
	counter     BIGINT NOT NULL,
	created     BIGINT NOT NULL,
	rotated     BIGINT NOT NULL,
	used        BIGINT NOT NULL,
	expires     BIGINT NOT NULL,
	data        MEDIUMBLOB,
	INDEX grants_user (tenant, user_id, kind),
	INDEX grants_expires (expires)
) ENGINE=InnoDB;

-- The primary key is what admits a walk once.
CREATE TABLE IF NOT EXISTS @logins (
	walk           VARBINARY(255) NOT NULL PRIMARY KEY,
	tenant         VARBINARY(255) NOT NULL,
	user_id        VARBINARY(255) NOT NULL,
	application    VARBINARY(255) NOT NULL,
	identity_type  VARBINARY(64) NOT NULL,
	identity_value VARBINARY(1024) NOT NULL,
	implicit       TINYINT NOT NULL,
	first_proof    TINYINT NOT NULL,
	epoch          BIGINT NOT NULL,
	admitted       BIGINT NOT NULL,
	ip             VARBINARY(255) NOT NULL,
	agent          BLOB NOT NULL,
	data           MEDIUMBLOB,
	INDEX logins_user (tenant, user_id, admitted)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS @factors (
	tenant    VARBINARY(255) NOT NULL,
	user_id   VARBINARY(255) NOT NULL,
	id        VARBINARY(255) NOT NULL,
	kind      VARBINARY(64) NOT NULL,
	recipient VARBINARY(1024) NOT NULL,
	name      VARBINARY(1024) NOT NULL,
	sealed    BLOB,
	algorithm VARBINARY(64) NOT NULL,
	digits    INT NOT NULL,
	period    INT NOT NULL,
	created   BIGINT NOT NULL,
	confirmed BIGINT NOT NULL,
	used      BIGINT NOT NULL,
	step      BIGINT NOT NULL,
	first_one SMALLINT NOT NULL,
	PRIMARY KEY (tenant, user_id, id)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS @codes (
	tenant  VARBINARY(255) NOT NULL,
	user_id VARBINARY(255) NOT NULL,
	digest  BINARY(32) NOT NULL,
	PRIMARY KEY (tenant, user_id, digest)
) ENGINE=InnoDB;
