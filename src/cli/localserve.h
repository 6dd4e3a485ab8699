/* localserve: the folder that `mox localserve` makes at its first run. */
#ifndef MOX_CLI_LOCALSERVE_H
#define MOX_CLI_LOCALSERVE_H

#include "base/buf.h"
#include "base/err.h"

/* Makes the folder with configuration, certificate and the account's password, unless mox.conf is
 * there. ip: empty for both loopback addresses. */
struct err localserve_init(const char *dir, struct str ip, bool *ret_made);
/* Where to connect, and with which password, as the configuration says. */
struct err localserve_describe(const char *static_path, struct buf *ret);

#endif
