/* localserve: the configuration that `mox localserve` writes at its first run: a server for
 * developers on unprivileged ports, with one account that gets all mail, whatever the address.
 *
 * Ports: SMTP 1025, submission 1587 and submissions 1465, IMAP 1143 and IMAPS 1993, HTTP 1080 and
 * HTTPS 1443, metrics 1081. Login does not need TLS.
 */
#ifndef MOX_CONF_LOCALSERVE_H
#define MOX_CONF_LOCALSERVE_H

#include "base/buf.h"
#include "base/ip.h"

#define LOCALSERVE_ACCOUNT        "mox"
#define LOCALSERVE_ADDRESS        "mox@localhost"
#define LOCALSERVE_PASSWORD       "moxmoxmox"
#define LOCALSERVE_ADMIN_PASSWORD "moxadmin"

/* File names beside mox.conf that the configuration refers to; the caller makes them. */
#define LOCALSERVE_CERT_FILE           "localhost.crt"
#define LOCALSERVE_KEY_FILE            "localhost.key"
#define LOCALSERVE_ADMIN_PASSWORD_FILE "adminpasswd"
#define LOCALSERVE_DATA_DIR            "data"

/* Writes mox.conf, listening on ip, or on 127.0.0.1 and ::1 if it is not set; work_dir is served at
 * /workdir/ by the web server, by domains.conf. The texts parse with conf_source.localserve. */
void localserve_static_write(struct ip ip, struct buf *b);
void localserve_domains_write(struct str work_dir, struct buf *b);

#endif
