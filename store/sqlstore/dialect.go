package sqlstore

import "github.com/gatehouse-go/gatehouse/internal/sqldb"

// dialect is in what the engines differ for a store.
type dialect struct {
	*sqldb.Engine

	// atOnce: one statement may write several tables and read what it wrote, so
	// that a verb is one round trip where others need a transaction.
	atOnce bool

	// lateral: the parts of what is read see the t that they belong to. Elsewhere
	// each looks it up.
	lateral bool

	// The columns of a UNION: no bytes, and what makes an integer of one size. If
	// all its parts are of one type, PostgreSQL runs them without a step between.
	none    string
	integer string

	bytes string // an argument whose type nothing else tells

	// orLock ends an INSERT: a row that is there is locked and stays as it is.
	orLock func(table, key, column string) string

	// sweep deletes at most so many rows that have ended, and waits for nobody
	// where it can.
	sweep func(table, key, ends string) string
}

var dialects = map[Dialect]dialect{
	PostgreSQL: {
		atOnce: true, lateral: true, none: "NULL::bytea", integer: "::bigint", bytes: "CAST(? AS bytea)",
		sweep: func(table, key, ends string) string {
			return "WITH dead AS MATERIALIZED (SELECT " + key + " FROM " + table + " WHERE " + ends + "<=? ORDER BY " + ends +
				" LIMIT ? FOR UPDATE SKIP LOCKED) DELETE FROM " + table + " WHERE " + key + " IN (SELECT " + key + " FROM dead)"
		},
		orLock: onConflictLock,
	},
	MySQL: {
		none: "NULL", bytes: "CAST(? AS BINARY)",
		sweep: func(table, _, ends string) string {
			return "DELETE FROM " + table + " WHERE " + ends + "<=? ORDER BY " + ends + " LIMIT ?"
		},
		orLock: onDuplicateLock,
	},
	SQLite: {
		none: "NULL", bytes: "CAST(? AS BLOB)",
		sweep: func(table, key, ends string) string {
			return "DELETE FROM " + table + " WHERE " + key + " IN (SELECT " + key + " FROM " + table + " WHERE " + ends + "<=? ORDER BY " + ends + " LIMIT ?)"
		},
		orLock: onConflictLock,
	},
}

// whose is a column of t, as the parts of what is read see it.
func (d *dialect) whose(column string) string {
	if d.lateral {
		return "t." + column
	}
	return "(SELECT " + column + " FROM t)"
}

// fromT ends a part that is t itself.
func (d *dialect) fromT() string {
	if d.lateral {
		return ""
	}
	return " FROM t"
}

func onConflictLock(table, key, column string) string {
	return " ON CONFLICT (" + key + ") DO UPDATE SET " + column + "=" + table + "." + column
}

func onDuplicateLock(_, _, column string) string {
	return " ON DUPLICATE KEY UPDATE " + column + "=" + column
}
