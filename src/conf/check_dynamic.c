#include "conf/snapshot.h"

#include "base/regexp.h"
#include "base/utf8.h"

static bool list_has(const struct str *v, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(v[i], s))
			return true;
	return false;
}

static bool has_upper(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\') /* \S, \W, \D */
			i++;
		else if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return true;
	}
	return false;
}

static void routes_check(struct conf_check *k, const struct conf_route *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool found = false;

		for (size_t j = 0; !found && j < k->c->st.transports_n; j++)
			found = str_eq(k->c->st.transports[j].name, v[i].transport);
		if (!found)
			conf_problem(k, v[i].line_of.transport,
				     "Transport: there is no transport \"%.*s\" in mox.conf",
				     STR_ARG(v[i].transport));
	}
}

static void selector_check(struct conf_check *k, const struct conf_dkim_selector *s)
{
	if (!idl_domain_ok(s->name))
		conf_problem(k, s->line, "selector \"%.*s\" is no name in DNS", STR_ARG(s->name));
	if (s->headers_n > 0 && !list_has(s->headers, s->headers_n, STR("From")))
		conf_problem(k, s->line_of.headers, "Headers: From must be among them");
}

static void dkim_check(struct conf_check *k, const struct conf_dkim *d)
{
	for (size_t i = 0; i < d->selectors_n; i++)
		selector_check(k, &d->selectors[i]);
	for (size_t i = 0; i < d->sign_n; i++) {
		bool found = false;

		for (size_t j = 0; !found && j < d->selectors_n; j++)
			found = str_eq(d->selectors[j].name, d->sign[i]);
		if (!found)
			conf_problem(k, d->line_of.sign, "Sign: there is no selector \"%.*s\"",
				     STR_ARG(d->sign[i]));
	}
}

static void mtasts_check(struct conf_check *k, const struct conf_mtasts *m)
{
	bool served = false;

	for (size_t i = 0; i < k->c->services_n; i++)
		served |= k->c->services[i].kind == CONF_MTASTS_HTTPS;
	if (!served)
		conf_problem(k, m->line, "MTASTS: no listener in mox.conf has MTASTSHTTPS enabled");
	for (size_t i = 0; i < m->policy_id.n; i++)
		if (!ch_is_alnum(m->policy_id.p[i]) || m->policy_id.n > 32) {
			conf_problem(k, m->line_of.policy_id, /* RFC 8461 §3.1 */
				     "PolicyID: expected at most 32 letters and digits");
			break;
		}
	for (size_t i = 0; i < m->mx_n; i++)
		if (!idl_domain_ok(str_starts(m->mx[i], STR("*.")) ? str_from(m->mx[i], 2)
								   : m->mx[i]))
			conf_problem(k, m->line_of.mx, "MX: \"%.*s\" is no host",
				     STR_ARG(m->mx[i]));
}

static void separators_check(struct conf_check *k, const struct conf_domain *d)
{
	if (d->localpart_catchall_separator.n > 0 && d->localpart_catchall_separators_n > 0)
		conf_problem(k, d->line_of.localpart_catchall_separators,
			     "LocalpartCatchallSeparators: has no meaning beside "
			     "LocalpartCatchallSeparator");
	for (size_t i = 0; i < d->localpart_catchall_separators_n; i++)
		if (d->localpart_catchall_separators[i].n == 0)
			conf_problem(k, d->line_of.localpart_catchall_separators,
				     "LocalpartCatchallSeparators: expected a value");
}

static void alias_check(struct conf_check *k, const struct conf_alias *a)
{
	BUF_AUTO key = BUF_INIT(1024);

	if (a->addresses_n == 0)
		conf_problem(k, a->line_of.addresses, "Addresses: expected at least one");
	for (size_t i = 0; i < a->addresses_n; i++) {
		const struct conf_target *t = NULL;

		buf_clear(&key);
		if (conf_address_key(k->c, a->addresses[i], str_of(NULL, 0), &key))
			t = map_get(&k->c->addresses, buf_str(&key));
		if (!t || t->alias)
			conf_problem(k, a->line_of.addresses,
				     "Addresses: \"%.*s\" is no account's address",
				     STR_ARG(a->addresses[i]));
	}
}

static void domain_check(struct conf_check *k, const struct conf_domain *d)
{
	separators_check(k, d);
	if (d->dkim)
		dkim_check(k, d->dkim);
	if (d->mtasts)
		mtasts_check(k, d->mtasts);
	if (d->dmarc && !utf8_is_ascii(d->dmarc->localpart))
		conf_problem(k, d->dmarc->line_of.localpart, "Localpart: expected ASCII only");
	routes_check(k, d->routes, d->routes_n);
	for (size_t i = 0; i < d->aliases_n; i++)
		alias_check(k, &d->aliases[i]);
}

static bool is_inbox(struct str mailbox)
{
	return str_eq_nocase(mailbox, STR("Inbox"));
}

static void headers_check(struct conf_check *k, const struct conf_ruleset *r)
{
	for (size_t i = 0; i < r->headers_regexp_n; i++) {
		const struct idl_pair *p = &r->headers_regexp[i];
		const char *why = regexp_why_not(p->name);

		if (why)
			conf_problem(k, p->line, "HeadersRegexp: name: %s", why);
		if (has_upper(p->name) || has_upper(p->value))
			conf_problem(k, p->line,
				     "HeadersRegexp: expected lower case: it never matches, names "
				     "and values are compared in lower case");
	}
}

static void ruleset_check(struct conf_check *k, const struct conf_ruleset *r)
{
	if (r->smtp_mail_from_regexp.n == 0 && r->msg_from_regexp.n == 0 &&
	    r->verified_domain.n == 0 && r->headers_regexp_n == 0)
		conf_problem(k, r->line, "ruleset: expected at least one condition");
	if (r->is_forward && (r->smtp_mail_from_regexp.n == 0 || r->verified_domain.n == 0))
		conf_problem(k, r->line_of.is_forward,
			     "IsForward: needs SMTPMailFromRegexp and VerifiedDomain");
	if (r->is_forward && r->list_allow_domain.n > 0)
		conf_problem(k, r->line_of.is_forward, "IsForward: not with ListAllowDomain");
	if (is_inbox(r->accept_rejects_to_mailbox))
		conf_problem(k, r->line_of.accept_rejects_to_mailbox,
			     "AcceptRejectsToMailbox: not Inbox");
	headers_check(k, r);
}

static void destination_check(struct conf_check *k, const struct conf_destination *d)
{
	struct str e = d->smtp_error;

	if (e.n > 0 &&
	    !(e.n > 4 && e.p[3] == ' ' && (str_starts(e, STR("421")) || str_starts(e, STR("550")))))
		conf_problem(k, d->line_of.smtp_error,
			     "SMTPError: expected 421 or 550, a space and a text");
	for (size_t i = 0; i < d->rulesets_n; i++)
		ruleset_check(k, &d->rulesets[i]);
}

static void account_check(struct conf_check *k, const struct conf_account *a)
{
	BUF_AUTO key = BUF_INIT(1024);

	if (!conf_domain(k->c, a->domain))
		conf_problem(k, a->line_of.domain, "Domain: there is no domain \"%.*s\"",
			     STR_ARG(a->domain));
	if (is_inbox(a->rejects_mailbox))
		conf_problem(k, a->line_of.rejects_mailbox, "RejectsMailbox: not Inbox");
	for (size_t i = 0; i < a->from_id_login_addresses_n; i++) {
		const struct conf_target *t = NULL;

		buf_clear(&key);
		if (conf_address_key(k->c, a->from_id_login_addresses[i], a->domain, &key))
			t = map_get(&k->c->addresses, buf_str(&key));
		if (!t || t->account != a)
			conf_problem(k, a->line_of.from_id_login_addresses,
				     "FromIDLoginAddresses: \"%.*s\" is no address of this account",
				     STR_ARG(a->from_id_login_addresses[i]));
	}
	for (size_t i = 0; i < a->destinations_n; i++)
		destination_check(k, &a->destinations[i]);
	routes_check(k, a->routes, a->routes_n);
}

static void web_handler_check(struct conf_check *k, const struct conf_web_handler *w)
{
	int kinds = !!w->web_static + !!w->web_redirect + !!w->web_forward + !!w->web_internal;
	const struct conf_web_redirect *r = w->web_redirect;

	if (kinds != 1)
		conf_problem(k, w->line,
			     "WebHandler: expected one of WebStatic, WebRedirect, WebForward, "
			     "WebInternal, got %d",
			     kinds);
	if (w->path_regexp.p[0] != '^')
		conf_problem(k, w->line_of.path_regexp, "PathRegexp: expected ^ in front");
	if (r && !r->orig_path_regexp.n != !r->replace_path.n)
		conf_problem(k, r->line, "WebRedirect: OrigPathRegexp and ReplacePath go together");
	if (r && !r->base_url.n && !r->replace_path.n)
		conf_problem(k, r->line, "WebRedirect: expected BaseURL or ReplacePath");
	if (r && (r->status_code < 300 || r->status_code > 399))
		conf_problem(k, r->line_of.status_code, "StatusCode: expected 3xx");
}

void conf_check_dynamic(struct conf_check *k)
{
	const struct conf_dynamic *dyn = &k->c->dyn;

	for (size_t i = 0; i < dyn->domains_n; i++)
		domain_check(k, &dyn->domains[i]);
	for (size_t i = 0; i < dyn->accounts_n; i++)
		account_check(k, &dyn->accounts[i]);
	for (size_t i = 0; i < dyn->web_domain_redirects_n; i++)
		if (!idl_domain_ok(dyn->web_domain_redirects[i].name))
			conf_problem(k, dyn->web_domain_redirects[i].line,
				     "WebDomainRedirects: \"%.*s\" is no domain name",
				     STR_ARG(dyn->web_domain_redirects[i].name));
	for (size_t i = 0; i < dyn->web_handlers_n; i++)
		web_handler_check(k, &dyn->web_handlers[i]);
	routes_check(k, dyn->routes, dyn->routes_n);
}
