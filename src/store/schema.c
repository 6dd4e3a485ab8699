#include "store/schema.h"

/* clang-format off */
static const char *const version_1[] = {
	"CREATE TABLE account("
	" one INTEGER PRIMARY KEY CHECK(one = 1),"
	" cookie BLOB NOT NULL,"
	" modseq INTEGER NOT NULL,"
	" horizon INTEGER NOT NULL,"          /* change rows up to this modseq are gone */
	" message_next INTEGER NOT NULL,"
	" mailbox_next INTEGER NOT NULL,"
	" uidvalidity_next INTEGER NOT NULL,"
	" segment INTEGER NOT NULL"           /* number of the one written to, 0: none */
	") STRICT",

	"CREATE TABLE mailbox("
	" id INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" uidvalidity INTEGER NOT NULL,"
	" uidnext INTEGER NOT NULL,"
	" createseq INTEGER NOT NULL,"
	" modseq INTEGER NOT NULL,"           /* of the row: name, uses */
	" highestmodseq INTEGER NOT NULL,"    /* of the entries */
	" special INTEGER NOT NULL,"
	" keywords TEXT NOT NULL,"            /* sorted, a space between */
	" total INTEGER NOT NULL,"
	" unseen INTEGER NOT NULL,"
	" deleted INTEGER NOT NULL,"
	" unread INTEGER NOT NULL,"
	" size INTEGER NOT NULL,"
	" deleted_size INTEGER NOT NULL"
	") STRICT",

	"CREATE TABLE subscription(name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",

	"CREATE TABLE segment("
	" number INTEGER PRIMARY KEY,"
	" end INTEGER NOT NULL,"              /* bytes after it are dead */
	" live INTEGER NOT NULL,"             /* bytes of records that have a message */
	" emptied INTEGER NOT NULL"           /* unix seconds since nothing lives in it, 0: it does */
	") STRICT",

	"CREATE TABLE message("
	" id INTEGER PRIMARY KEY,"
	" segment INTEGER NOT NULL,"
	" at INTEGER NOT NULL,"               /* of the record */
	" body_at INTEGER NOT NULL,"          /* of added headers and received bytes, in the segment */
	" size INTEGER NOT NULL,"             /* of both */
	" prefix_n INTEGER NOT NULL,"
	" received INTEGER NOT NULL,"
	" mailbox INTEGER NOT NULL,"          /* to which it was delivered */
	" thread INTEGER NOT NULL,"
	" parent INTEGER NOT NULL,"
	" subject INTEGER NOT NULL,"          /* hash of the subject's base */
	" sha256 BLOB NOT NULL,"
	" facts BLOB NOT NULL"                /* without the signature */
	") STRICT",

	"CREATE INDEX message_place ON message(segment, at)",

	"CREATE TABLE signature(message INTEGER PRIMARY KEY, bits BLOB NOT NULL) STRICT",

	"CREATE TABLE entry("
	" mailbox INTEGER NOT NULL,"
	" uid INTEGER NOT NULL,"
	" message INTEGER NOT NULL,"
	" createseq INTEGER NOT NULL,"
	" modseq INTEGER NOT NULL,"
	" flags INTEGER NOT NULL,"
	" keywords TEXT,"                     /* sorted, a space between; NULL: none */
	" size INTEGER NOT NULL,"
	" received INTEGER NOT NULL,"
	" saved INTEGER NOT NULL,"
	" PRIMARY KEY(mailbox, uid)"
	") STRICT, WITHOUT ROWID",

	"CREATE INDEX entry_message ON entry(message)",

	"CREATE TABLE key("
	" kind INTEGER NOT NULL,"
	" hash INTEGER NOT NULL,"
	" message INTEGER NOT NULL,"
	" PRIMARY KEY(kind, hash, message)"
	") STRICT, WITHOUT ROWID",

	"CREATE TABLE thread("
	" id INTEGER PRIMARY KEY,"
	" muted INTEGER NOT NULL,"
	" collapsed INTEGER NOT NULL"
	") STRICT",

	"CREATE TABLE change("
	" modseq INTEGER NOT NULL,"
	" number INTEGER NOT NULL,"           /* among those of the modseq */
	" kind INTEGER NOT NULL,"
	" mailbox INTEGER NOT NULL,"          /* 0: none, a subscription */
	" uids BLOB,"                         /* packed */
	" name TEXT,"
	" old_name TEXT,"
	" PRIMARY KEY(modseq, number)"
	") STRICT, WITHOUT ROWID",

	"CREATE TABLE gone(modseq INTEGER NOT NULL, messages BLOB NOT NULL) STRICT",
	NULL,
};
/* clang-format on */

/* versions[n] makes version n + 1 of version n. */
static const char *const *const versions[SCHEMA_VERSION] = {version_1};

struct err schema_upgrade(struct db *db, unsigned from)
{
	for (unsigned v = from; v < SCHEMA_VERSION; v++)
		for (const char *const *sql = versions[v]; *sql; sql++)
			TRY(db_exec(db, *sql));
	return db_version_set(db, SCHEMA_VERSION);
}
