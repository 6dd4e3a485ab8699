/* serve: what the roles that talk to peers share: TLS of a listener, its limits, starting it.
 */
#ifndef MOX_ROLE_SERVE_H
#define MOX_ROLE_SERVE_H

#include "os/addr.h"
#include "os/listener.h"
#include "role/role.h"

struct conf_listener;
struct tls_server;

/* Connection limits of a protocol, shared by its listeners; none for loopback in localserve. */
struct serve_limits {
	struct limit *rate, *open;
};
struct err serve_limits_new(struct role *r, struct serve_limits *ret);
void serve_limits_free(struct serve_limits *l);

/* The TLS of a role's listeners: one for all addresses and kinds of a listener, or two, since
 * receiving gives no tickets. */
struct serve_tls {
	struct serve_tls_one {
		struct str listener; /* the role's */
		bool receiving;
		struct tls_server *server;
	} one[2 * ROLE_LISTENERS_MAX];
	size_t n;
};
/* With the listener's certificates; keys stay in secrets. It lives as long as `t`. NULL in *ret if
 * the listener has none. */
struct err serve_tls_get(struct role *r, struct serve_tls *t, const struct conf_listener *listener,
			 bool receiving, struct tls_server **ret);
void serve_tls_free(struct serve_tls *t);

/* Starts the role's listener i; the service lives as long as the role. */
struct err serve_start(struct role *r, size_t i, const struct session_service *service,
		       const struct serve_limits *limits);

/* The configuration's listener of this name; NULL. */
const struct conf_listener *serve_listener(const struct conf *conf, struct str name);

/* Asks secrets whether this is the password of the account that the name means, and answers on the
 * hub's thread (or at once): `done` with the account, or with AUTH, LOGIN_DISABLED, RATE_LIMIT or
 * something temporary. Every failure is logged in the one form that log watchers look for. */
typedef void serve_login_fn(void *arg, struct err e, struct str account);
void serve_login(struct role *r, const struct conf *conf, const struct log_ctx *lc, struct str name,
		 struct str password, const struct addr *remote, serve_login_fn *done, void *arg);

#endif
