/* backup: a copy of a data folder, while a server uses it.
 *
 * Databases are copied by SQLite in one read transaction each, an account's before its segments:
 * what the copy's rows name is there, as segments are only appended to, and stay an hour after the
 * last message went. Segments that are complete are hard-linked where the destination is on the
 * same file system, so that a copy each day costs little; the one that is appended to is copied, so
 * that no server ever writes into both. Other files are copied as they are, tmp and locks left out.
 * Nothing is locked; a backup takes less than the hour an account.
 */
#ifndef MOX_STORE_BACKUP_H
#define MOX_STORE_BACKUP_H

#include "base/err.h"

struct backup_report {
	unsigned long long databases, linked, copied;
};

/* Copies root to dest, which is made and must not exist (EXISTS). Durable when it returns. */
struct err data_backup(const char *root, const char *dest, struct backup_report *ret);

#endif
