/* keyfile: private keys that domains.conf names by their files, in the secrets role. A file is read
 * when it is first asked for, and again once it has changed, so that a key may be replaced while
 * the server runs.
 *
 * Input: paths from roles that may have been taken over: what they get is a key's id, if there is a
 * key in a file that the promise lets us read.
 * Threads: any.
 */
#ifndef MOX_ROLE_KEYFILE_H
#define MOX_ROLE_KEYFILE_H

#include "role/keys.h"

enum { KEYFILES_MAX = 10000, KEYFILE_PATH_MAX = 4096 };

struct keyfiles;

/* The keys go into k, which outlives it. */
struct err keyfiles_new(struct keys *k, struct keyfiles **ret);
void keyfiles_free(struct keyfiles *f);
/* The key in the file. NOT_FOUND, ACCESS, CONFIG: with the path and what is wrong. */
struct err keyfiles_get(struct keyfiles *f, struct str path, char ret_id[KEY_ID_LEN + 1],
			enum msg_key_kind *ret_kind);

/* Adds all of an opened file, and wipes what it read: for files that others opened. */
struct err key_file_add(struct keys *k, int fd, char ret_id[KEY_ID_LEN + 1]);

#endif
