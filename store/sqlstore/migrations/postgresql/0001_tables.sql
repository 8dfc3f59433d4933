-- Ids, identifiers and hashes are bytea: no collation folds two into one.
-- Instants are milliseconds since 1970, 0 for none.
-- To read them: convert_from(user_id, 'UTF8'), to_timestamp(expires / 1000.0).

CREATE TABLE @users (
	tenant      bytea NOT NULL,
	id          bytea NOT NULL,
	doc         bytea NOT NULL,
	actions     bytea,
	verified    smallint NOT NULL,
	verified_at bigint NOT NULL,
	PRIMARY KEY (tenant, id)
) WITH (fillfactor = 90);

CREATE TABLE @identities (
	tenant      bytea NOT NULL,
	type        bytea NOT NULL,
	value       bytea NOT NULL,
	user_id     bytea NOT NULL,
	position    integer NOT NULL,
	doc         bytea NOT NULL,
	main        smallint NOT NULL,
	verified    smallint NOT NULL,
	verified_at bigint NOT NULL,
	reason      bytea NOT NULL,
	last_login  bigint NOT NULL,
	PRIMARY KEY (tenant, type, value)
) WITH (fillfactor = 80);
CREATE INDEX #identities_user ON @identities (tenant, user_id);

CREATE TABLE @registrations (
	tenant      bytea NOT NULL,
	user_id     bytea NOT NULL,
	application bytea NOT NULL,
	position    integer NOT NULL,
	doc         bytea NOT NULL,
	verified    smallint NOT NULL,
	verified_at bigint NOT NULL,
	last_login  bigint NOT NULL,
	PRIMARY KEY (tenant, user_id, application)
) WITH (fillfactor = 80);

-- One row for each user who ever logged in, whoever keeps the users.
CREATE TABLE @holders (
	tenant     bytea NOT NULL,
	user_id    bytea NOT NULL,
	epoch      bigint NOT NULL,
	last_login bigint NOT NULL,
	PRIMARY KEY (tenant, user_id)
) WITH (fillfactor = 70);

CREATE TABLE @tickets (
	id       bytea NOT NULL PRIMARY KEY,
	purpose  bytea NOT NULL,
	walk     bytea NOT NULL,
	tenant   bytea NOT NULL,
	user_id  bytea NOT NULL,
	budget   bytea NOT NULL,
	expires  bigint NOT NULL,
	attempts integer NOT NULL,
	sends    integer NOT NULL,
	sent     bigint NOT NULL,
	code     bytea,
	data     bytea
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX #tickets_expires ON @tickets (expires);

CREATE TABLE @meters (
	id     bytea NOT NULL PRIMARY KEY,
	used   integer NOT NULL,
	resets bigint NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX #meters_resets ON @meters (resets);

-- What lives until it is revoked expires at the end of time.
CREATE TABLE @grants (
	id          bytea NOT NULL PRIMARY KEY,
	kind        bytea NOT NULL,
	tenant      bytea NOT NULL,
	user_id     bytea NOT NULL,
	application bytea NOT NULL,
	name        bytea NOT NULL,
	digest      bytea NOT NULL,
	counter     bigint NOT NULL,
	created     bigint NOT NULL,
	rotated     bigint NOT NULL,
	used        bigint NOT NULL,
	expires     bigint NOT NULL,
	data        bytea
) WITH (fillfactor = 90);
CREATE INDEX #grants_user ON @grants (tenant, user_id, kind);
CREATE INDEX #grants_expires ON @grants (expires);

-- The primary key is what admits a walk once.
CREATE TABLE @logins (
	walk           bytea NOT NULL PRIMARY KEY,
	tenant         bytea NOT NULL,
	user_id        bytea NOT NULL,
	application    bytea NOT NULL,
	identity_type  bytea NOT NULL,
	identity_value bytea NOT NULL,
	implicit       smallint NOT NULL,
	first_proof    smallint NOT NULL,
	epoch          bigint NOT NULL,
	admitted       bigint NOT NULL,
	ip             bytea NOT NULL,
	agent          bytea NOT NULL,
	data           bytea
);
CREATE INDEX #logins_user ON @logins (tenant, user_id, admitted);

CREATE TABLE @factors (
	tenant    bytea NOT NULL,
	user_id   bytea NOT NULL,
	id        bytea NOT NULL,
	kind      bytea NOT NULL,
	recipient bytea NOT NULL,
	name      bytea NOT NULL,
	sealed    bytea,
	algorithm bytea NOT NULL,
	digits    integer NOT NULL,
	period    integer NOT NULL,
	created   bigint NOT NULL,
	confirmed bigint NOT NULL,
	used      bigint NOT NULL,
	step      bigint NOT NULL,
	first_one smallint NOT NULL,
	PRIMARY KEY (tenant, user_id, id)
) WITH (fillfactor = 90);

CREATE TABLE @codes (
	tenant  bytea NOT NULL,
	user_id bytea NOT NULL,
	digest  bytea NOT NULL,
	PRIMARY KEY (tenant, user_id, digest)
);
