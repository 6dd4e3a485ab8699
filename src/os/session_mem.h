/* session_mem: the memory driver: a protocol's steps without sockets, threads and waiting.
 *
 * For unit tests and fuzzers of protocols:
 *
 *	struct session_mem *m = session_mem_new(&service.base, &clock, chunk);
 *	session_mem_feed(m, STR("EHLO x\r\n"));
 *	assert_str("ehlo", session_mem_out(m), STR("220 ...\r\n250-..."));
 *	session_mem_free(m);
 *
 * chunk is how many bytes a step may see more than the one before: 0 all at once, 1 byte by byte;
 * the output must not depend on it. Delays are stepped over at once (and counted), deadlines are
 * reached by session_mem_timeout. STARTTLS takes effect at once with invented TLS facts; COMPRESS
 * changes nothing in what is fed and seen.
 */
#ifndef MOX_OS_SESSION_MEM_H
#define MOX_OS_SESSION_MEM_H

#include "os/session.h"

struct session_mem;

/* Makes a session as the driver would and runs SESSION_START. The peer is 192.0.2.1, the local
 * address 198.51.100.1. With service->implicit_tls conn.tls is set from the start. */
struct session_mem *session_mem_new(const struct session_service *service, struct clock *clock,
				    size_t chunk);
/* The session, to look into. */
struct session *session_mem_session(struct session_mem *m);
/* Input arrives; steps run until they wait. After the session closed input is dropped. */
void session_mem_feed(struct session_mem *m, struct str bytes);
/* The peer ends its side. */
void session_mem_eof(struct session_mem *m);
/* All output since the last call; valid until the next call of any of these. */
struct str session_mem_out(struct session_mem *m);
/* Has the deadline waited for pass (the clock is stepped to it). */
void session_mem_timeout(struct session_mem *m);
/* Runs the steps that a session_wake (from any thread) asks for; false if none is pending. */
bool session_mem_run(struct session_mem *m);
void session_mem_shutdown(struct session_mem *m);
/* The last verdict: what the session waits for. */
struct session_next session_mem_next(struct session_mem *m);
bool session_mem_closed(struct session_mem *m);
/* How long the session has delayed in all, ns. */
int64_t session_mem_delayed(struct session_mem *m);
/* Ends the session if it still runs, calls ops->free, frees. */
void session_mem_free(struct session_mem *m);

#endif
