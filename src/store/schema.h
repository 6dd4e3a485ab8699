/* schema: the tables of an account's database, and how older ones become these.
 *
 *     account   one row: counters, and the segment that is written to
 *     mailbox   names, uids, counts; subscription: names
 *     message   what was delivered: its place in the segments, its facts; written once
 *     signature a message's search signature
 *     entry     a message in a mailbox; index entry_message: of a message
 *     key       (kind, hash) -> message: Message-IDs, subjects, threads
 *     thread    muted or collapsed ones only
 *     change    what each modseq changed
 *     gone      messages that lost an entry: when it was the last, their rows wait for removal
 *     segment   the files, how much of each is alive
 */
#ifndef MOX_STORE_SCHEMA_H
#define MOX_STORE_SCHEMA_H

#include "store/db.h"

enum { SCHEMA_VERSION = 1 };

/* Inside a transaction: brings the tables from version `from` (db_version; 0: there are none) to
 * SCHEMA_VERSION, which it sets. */
struct err schema_upgrade(struct db *db, unsigned from);

#endif
