/* password: the verifiers of the accounts' passwords, in the secrets role.
 *
 *     data/secrets/ACCOUNT     lines "scheme verifier"; replaced as a whole, 0600
 *
 * argon2id (2 passes over 19 MiB)
 * for clients that send the password itself. A password is prepared as RFC 8265 §4.2 OpaqueString
 * says, so that the same characters typed on two keyboards are the same password.
 *
 * Cost: a verification takes 10 to 20 ms and 19 MiB; the caller bounds how many run at once. A
 * password that was right is remembered for 15 minutes as a
 * keyed hash: mail clients log in often. Unknown accounts cost as much as wrong passwords.
 * Threads: any.
 */
#ifndef MOX_ROLE_PASSWORD_H
#define MOX_ROLE_PASSWORD_H

#include "base/err.h"
#include "base/rand.h"
#include "os/clock.h"
#include "os/file.h"

enum {
	PASSWORD_MIN = 8, /* characters, when set by a person (features: accounts) */
	PASSWORD_MAX = 512,
	PASSWORD_REMEMBER_S = 15 * 60,
};

struct passwords;

/* dirfd is data/secrets, opened by the caller and kept open as long as the result lives. */
struct err passwords_open(struct fs *fs, int dirfd, struct clock *clock, struct rand_src *rand,
			  struct passwords **ret);
void passwords_free(struct passwords *p);

/* Stores a verifier of the password; durable when it returns. USAGE, saying why, for a password
 * that is too short, too long, or not possible as OpaqueString. Forgets what was remembered. */
struct err passwords_set(struct passwords *p, struct str account, struct str password);

/* Whether it was right a short while ago: costs nothing. False says nothing. */
bool passwords_remember(struct passwords *p, struct str account, struct str password);

/* ERR_OK if it is the account's password. AUTH if not, or if there is no such account: no caller
 * can tell which. Others are temporary. */
struct err passwords_verify(struct passwords *p, struct str account, struct str password);

#endif
