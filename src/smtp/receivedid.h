/* receivedid: a connection's id as strangers see it: in Received fields and error texts.
 *
 * AES-128 of 8 random bytes of the installation and the 64-bit cid, base64url. Who has the key (the
 * operator) turns it back into the cid that is in the logs; nobody else learns how many connections
 * there were.
 */
#ifndef MOX_SMTP_RECEIVEDID_H
#define MOX_SMTP_RECEIVEDID_H

#include "base/err.h"
#include "base/str.h"

enum {
	RECEIVEDID_KEY_SIZE = 24, /* of the key file: AES key, then the random bytes */
	RECEIVEDID_TEXT = 22,     /* octets of an id */
};

struct receivedid {
	unsigned char key[16];
	unsigned char random[8];
};

/* From the bytes of the key file; CONFIG if they are not RECEIVEDID_KEY_SIZE. */
struct err receivedid_init(struct receivedid *r, struct str key);
/* Writes the id for cid to `to` and returns it; empty if the crypto library fails. */
struct str receivedid_encode(const struct receivedid *r, uint64_t cid, char to[RECEIVEDID_TEXT]);
/* False if it is no id made with this key. */
bool receivedid_decode(const struct receivedid *r, struct str id, uint64_t *ret_cid);

#endif
