#include "conf/snapshot.h"

#include "base/map.h"
#include "format/domain.h"

static const struct map_seed seed = {{1, 2}};

static bool is_mail(const struct conf_service *s)
{
	return s->kind <= CONF_IMAPS;
}

static uint32_t listener_line(const struct conf_service *s)
{
	return s->listener->line;
}

static void tls_check(struct conf_check *k, const struct conf_listener *l)
{
	const struct conf_tls *t = l->tls;

	if (!t)
		return;
	if (t->acme.n == 0 && t->key_certs_n == 0)
		conf_problem(k, t->line, "TLS: expected ACME or KeyCerts");
	bool found = t->acme.n == 0;

	for (size_t i = 0; !found && i < k->c->st.acme_n; i++)
		found = str_eq(k->c->st.acme[i].name, t->acme);
	if (!found)
		conf_problem(k, t->line_of.acme, "ACME: there is no ACME \"%.*s\" at the top",
			     STR_ARG(t->acme));
	if (l->smtp && l->smtp->no_starttls && l->smtp->require_starttls)
		conf_problem(k, l->smtp->line,
			     "SMTP: NoSTARTTLS and RequireSTARTTLS exclude each "
			     "other");
}

/* Two services on one address and port: HTTP ones may share it if all or none are over TLS. */
static void port_check(struct conf_check *k, struct map *ports, struct conf_service *s,
		       struct str ip)
{
	const struct conf_service *other;
	struct str key = arena_printf(&k->c->arena, "%.*s %u", STR_ARG(ip), s->port);
	void *old;

	if (key.n == 0)
		return;
	other = map_get(ports, key);
	if (!other) {
		if (!map_put(ports, key, s, &old))
			conf_problem(k, 0, "configuration too large");
		return;
	}
	if (is_mail(s) || is_mail(other))
		conf_problem(k, listener_line(s),
			     "listener \"%.*s\": %s: port %u of %.*s is %s's of listener \"%.*s\"",
			     STR_ARG(s->listener->name), conf_service_name(s->kind), s->port,
			     STR_ARG(ip), conf_service_name(other->kind),
			     STR_ARG(other->listener->name));
	else if (s->tls != other->tls)
		conf_problem(k, listener_line(s),
			     "listener \"%.*s\": %s: port %u of %.*s has %s of listener \"%.*s\", "
			     "one with TLS and one without",
			     STR_ARG(s->listener->name), conf_service_name(s->kind), s->port,
			     STR_ARG(ip), conf_service_name(other->kind),
			     STR_ARG(other->listener->name));
}

static void services_check(struct conf_check *k)
{
	struct map ports;

	map_init(&ports, 1000 * 1000, seed);
	for (size_t i = 0; i < k->c->services_n; i++) {
		struct conf_service *s = &k->c->services[i];

		if ((s->tls || s->require_tls) && !s->listener->tls)
			conf_problem(k, listener_line(s), "listener \"%.*s\": %s needs TLS",
				     STR_ARG(s->listener->name), conf_service_name(s->kind));
		for (size_t j = 0; j < s->listener->ips_n; j++)
			port_check(k, &ports, s, s->listener->ips[j]);
	}
	map_fini(&ports);
}

static void path_check(struct conf_check *k, uint32_t line, struct str path)
{
	if (path.n > 0 && (path.p[0] != '/' || path.p[path.n - 1] != '/'))
		conf_problem(k, line, "Path: expected a slash at both ends, got \"%.*s\"",
			     STR_ARG(path));
}

static void paths_check(struct conf_check *k, const struct conf_listener *l)
{
	const struct conf_web_http *plain[] = {l->account_http, l->admin_http, l->webmail_http,
					       l->webapi_http};
	const struct conf_web_https *tls[] = {l->account_https, l->admin_https, l->webmail_https,
					      l->webapi_https};

	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		if (plain[i])
			path_check(k, plain[i]->line_of.path, plain[i]->path);
		if (tls[i])
			path_check(k, tls[i]->line_of.path, tls[i]->path);
	}
}

static void listener_check(struct conf_check *k, const struct conf_listener *l)
{
	if (l->ips_n == 0)
		conf_problem(k, l->line_of.ips, "IPs: expected at least one");
	if (l->nat_ips_n > 0 && l->ips_nated)
		conf_problem(k, l->line_of.ips_nated, "IPsNATed: has no meaning beside NATIPs");
	tls_check(k, l);
	paths_check(k, l);
}

static void transport_check(struct conf_check *k, const struct conf_transport *t)
{
	int kinds = !!t->submissions + !!t->submission + !!t->smtp + !!t->socks + !!t->direct +
		    !!t->fail;

	if (kinds > 1)
		conf_problem(k, t->line, "transport \"%.*s\": expected at most one kind, got %d",
			     STR_ARG(t->name), kinds);
	if (t->direct && t->direct->disable_ipv4 && t->direct->disable_ipv6)
		conf_problem(k, t->direct->line, "Direct: neither IPv4 nor IPv6 is left");
	if (t->fail && (t->fail->smtp_code < 400 || t->fail->smtp_code > 599))
		conf_problem(k, t->fail->line_of.smtp_code, "SMTPCode: expected 4xx or 5xx");
}

static void mailboxes_check(struct conf_check *k)
{
	const struct conf_static *st = &k->c->st;
	const struct conf_special_use *u =
		st->initial_mailboxes ? st->initial_mailboxes->special_use : NULL;

	if (st->initial_mailboxes && st->default_mailboxes_n > 0)
		conf_problem(k, st->line_of.default_mailboxes,
			     "DefaultMailboxes: has no meaning beside InitialMailboxes");
	if (!u)
		return;
	const struct str names[] = {u->sent, u->archive, u->trash, u->draft, u->junk};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (size_t j = 0; j < i; j++)
			if (names[i].n > 0 && str_eq_nocase(names[i], names[j]))
				conf_problem(k, u->line, "SpecialUse: \"%.*s\" is there twice",
					     STR_ARG(names[i]));
}

/* Two names of one zone would be two opinions on whom to ask. */
static void dns_check(struct conf_check *k)
{
	const struct conf_dns *d = k->c->st.dns;

	for (size_t i = 0; d && i < d->zones_n; i++) {
		const struct conf_dns_zone *z = &d->zones[i];
		BUF_AUTO name = BUF_INIT(DOMAIN_MAX + 1);

		if (!domain_ascii(z->name, &name))
			conf_problem(k, z->line, "zone \"%.*s\" is no domain name",
				     STR_ARG(z->name));
		for (size_t j = 0; j < i; j++)
			if (domain_eq(z->name, d->zones[j].name))
				conf_problem(k, z->line,
					     "zone \"%.*s\" was given before, at line %u",
					     STR_ARG(z->name), d->zones[j].line);
	}
}

void conf_check_static(struct conf_check *k)
{
	const struct conf_static *st = &k->c->st;

	for (size_t i = 0; i < st->listeners_n; i++)
		listener_check(k, &st->listeners[i]);
	services_check(k);
	for (size_t i = 0; i < st->transports_n; i++)
		transport_check(k, &st->transports[i]);
	mailboxes_check(k);
	dns_check(k);
}
