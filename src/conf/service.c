#include "conf/snapshot.h"

/* When a service is over TLS. */
enum tls_how {
	PLAIN,
	IMPLICIT,
	NON_TLS,     /* implicit unless NonTLS */
	NO_STARTTLS, /* STARTTLS unless NoSTARTTLS, required with RequireSTARTTLS */
	NO_REQUIRE,  /* STARTTLS, required unless NoRequireSTARTTLS */
};

struct row {
	const char *name;
	enum tls_how tls;
	size_t at;            /* of the pointer in struct conf_listener */
	size_t enabled, port; /* in what it points to */
};

#define ROW(name, tls, member, type)                                                               \
	{                                                                                          \
		name, tls, offsetof(struct conf_listener, member), offsetof(struct type, enabled), \
			offsetof(struct type, port)                                                \
	}

/* clang-format off */
static const struct row rows[CONF_SERVICE_COUNT] = {
	[CONF_SMTP] = ROW("SMTP", NO_STARTTLS, smtp, conf_listener_smtp),
	[CONF_SUBMISSION] = ROW("Submission", NO_REQUIRE, submission, conf_listener_submission),
	[CONF_SUBMISSIONS] = ROW("Submissions", IMPLICIT, submissions, conf_listener_submissions),
	[CONF_IMAP] = ROW("IMAP", NO_REQUIRE, imap, conf_listener_imap),
	[CONF_IMAPS] = ROW("IMAPS", IMPLICIT, imaps, conf_listener_imaps),
	[CONF_ACCOUNT_HTTP] = ROW("AccountHTTP", PLAIN, account_http, conf_web_http),
	[CONF_ACCOUNT_HTTPS] = ROW("AccountHTTPS", IMPLICIT, account_https, conf_web_https),
	[CONF_ADMIN_HTTP] = ROW("AdminHTTP", PLAIN, admin_http, conf_web_http),
	[CONF_ADMIN_HTTPS] = ROW("AdminHTTPS", IMPLICIT, admin_https, conf_web_https),
	[CONF_WEBMAIL_HTTP] = ROW("WebmailHTTP", PLAIN, webmail_http, conf_web_http),
	[CONF_WEBMAIL_HTTPS] = ROW("WebmailHTTPS", IMPLICIT, webmail_https, conf_web_https),
	[CONF_WEBAPI_HTTP] = ROW("WebAPIHTTP", PLAIN, webapi_http, conf_web_http),
	[CONF_WEBAPI_HTTPS] = ROW("WebAPIHTTPS", IMPLICIT, webapi_https, conf_web_https),
	[CONF_METRICS_HTTP] = ROW("MetricsHTTP", PLAIN, metrics_http, conf_metrics_http),
	[CONF_PPROF_HTTP] = ROW("PprofHTTP", PLAIN, pprof_http, conf_pprof_http),
	[CONF_AUTOCONFIG_HTTPS] = ROW("AutoconfigHTTPS", NON_TLS, autoconfig_https,
				      conf_well_known_https),
	[CONF_MTASTS_HTTPS] = ROW("MTASTSHTTPS", NON_TLS, mtasts_https, conf_well_known_https),
	[CONF_WEBSERVER_HTTP] = ROW("WebserverHTTP", PLAIN, webserver_http, conf_webserver_http),
	[CONF_WEBSERVER_HTTPS] = ROW("WebserverHTTPS", IMPLICIT, webserver_https,
				     conf_webserver_https),
};
/* clang-format on */

static const char *block_of(const struct conf_listener *l, const struct row *row)
{
	return *(const char *const *)((const char *)l + row->at);
}

/* Whether TLS may and must be had by STARTTLS. */
static void starttls_set(struct conf_service *s, const char *block)
{
	const struct conf_listener_smtp *smtp = s->listener->smtp;
	bool no_require = false;

	if (s->kind == CONF_SMTP) {
		s->starttls = s->listener->tls && !smtp->no_starttls;
		s->require_tls = smtp->require_starttls;
		return;
	}
	if (s->kind == CONF_SUBMISSION)
		no_require = s->listener->submission->no_require_starttls;
	else if (s->kind == CONF_IMAP)
		no_require = s->listener->imap->no_require_starttls;
	s->starttls = s->listener->tls != NULL;
	s->require_tls = !no_require;
}

static void service_set(const struct conf *c, const struct conf_listener *l,
			enum conf_service_kind kind, const char *block, struct conf_service *ret)
{
	enum tls_how tls = rows[kind].tls;

	*ret = (struct conf_service){
		.kind = kind,
		.listener = l,
		.hostname = l->hostname.n ? l->hostname : c->st.hostname,
		.port = (uint16_t) * (const int64_t *)(block + rows[kind].port),
	};
	if (tls == NON_TLS)
		ret->tls = !((const struct conf_well_known_https *)(const void *)block)->non_tls;
	else if (tls == IMPLICIT)
		ret->tls = true;
	else if (tls != PLAIN)
		starttls_set(ret, block);
}

bool conf_services_make(struct conf *c)
{
	c->services = arena_array(&c->arena, c->st.listeners_n * CONF_SERVICE_COUNT,
				  sizeof(c->services[0]));
	if (!c->services)
		return false;
	for (size_t i = 0; i < c->st.listeners_n; i++) {
		const struct conf_listener *l = &c->st.listeners[i];

		for (enum conf_service_kind k = 0; k < CONF_SERVICE_COUNT; k++) {
			const char *block = block_of(l, &rows[k]);

			if (block && *(const bool *)(block + rows[k].enabled))
				service_set(c, l, k, block, &c->services[c->services_n++]);
		}
	}
	return true;
}

const struct conf_service *conf_services(const struct conf *c, size_t *ret_n)
{
	*ret_n = c->services_n;
	return c->services;
}

const char *conf_service_name(enum conf_service_kind kind)
{
	return rows[kind].name;
}
