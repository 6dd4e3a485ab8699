#include "conf/snapshot.h"

#include "format/address.h"
#include "format/domain.h"

/* Names and addresses are the administrator's: a fixed seed will do. */
static const struct map_seed seed = {{0x636f6e66, 0x6d6f78}};

enum {
	NAMES_MAX = 1000 * 1000,
	ADDRESS_MAX = DOMAIN_LOCAL_MAX + 1 + DOMAIN_MAX,
};

static const struct str postmaster_local = STR_INIT("postmaster");

/* Where the local part ends for comparing: at the first separator, unless it begins with one. */
static struct str before_separator(const struct conf_domain *d, struct str local)
{
	size_t end = local.n;

	for (size_t i = 0; i <= d->localpart_catchall_separators_n; i++) {
		struct str sep = i < d->localpart_catchall_separators_n
					 ? d->localpart_catchall_separators[i]
					 : d->localpart_catchall_separator;
		ssize_t at = sep.n ? str_find(local, sep, 1) : -1;

		if (at > 0 && (size_t)at < end)
			end = (size_t)at;
	}
	return str_sub(local, 0, end);
}

bool conf_local_part(const struct conf_domain *d, struct str local, struct buf *b)
{
	if (d)
		local = before_separator(d, local);
	return local_part_fold(local, d && d->localpart_case_sensitive, b);
}

struct str conf_ascii(struct conf *c, struct str name)
{
	BUF_AUTO b = BUF_INIT(DOMAIN_MAX + 1);

	if (!domain_ascii(name, &b))
		return str_of(NULL, 0);
	return arena_dup(&c->arena, buf_str(&b));
}

static void *by_name(const struct map *m, struct str name)
{
	BUF_AUTO b = BUF_INIT(DOMAIN_MAX + 1);

	return domain_ascii(name, &b) ? map_get(m, buf_str(&b)) : NULL;
}

const struct conf_domain *conf_domain(const struct conf *c, struct str name)
{
	return by_name(&c->domains, name);
}

bool conf_is_hostname(const struct conf *c, struct str name)
{
	return by_name(&c->hosts, name) != NULL;
}

const struct conf_account *conf_account(const struct conf *c, struct str name)
{
	return map_get(&c->accounts, name);
}

/* local@domain in the form in which it is compared; for a domain that is not ours with its rules
 * unknown. */
static bool key_make(const struct conf *c, struct str local, struct str domain, struct buf *b)
{
	BUF_AUTO ascii = BUF_INIT(DOMAIN_MAX + 1);

	if (!domain_ascii(domain, &ascii))
		return false;
	if (!conf_local_part(map_get(&c->domains, buf_str(&ascii)), local, b))
		return false;
	buf_strs(b, STR("@"), buf_str(&ascii));
	return !buf_failed(b);
}

bool conf_address_key(const struct conf *c, struct str s, struct str fallback, struct buf *b)
{
	struct address a = {.local = s, .domain = fallback};
	struct arena scratch;
	bool ok = true;

	arena_init(&scratch, 16 * 1024);
	if (s.n > 0 && s.p[0] == '@')
		a = (struct address){.domain = str_from(s, 1)};
	else if (str_chr(s, '@') >= 0)
		ok = err_is_ok(address_spec_parse(s, &scratch, &a));
	ok = ok && (conf_domain(c, a.domain) || conf_is_hostname(c, a.domain)) &&
	     key_make(c, a.local, a.domain, b);
	arena_fini(&scratch);
	return ok;
}

/* Puts value under key unless it is there; the one that is there, or NULL. */
static void *put(struct conf_check *k, struct map *m, struct str key, void *value)
{
	void *there = map_get(m, key), *old;

	if (!there && !map_put(m, key, value, &old))
		conf_problem(k, 0, "configuration too large");
	return there;
}

static void host_add(struct conf_check *k, struct str *name)
{
	struct str ascii = name->n ? conf_ascii(k->c, *name) : *name;

	if (ascii.n > 0)
		put(k, &k->c->hosts, ascii, name);
	else if (name->n > 0)
		conf_problem(k, k->c->st.line_of.hostname, "Hostname: \"%.*s\" is no domain name",
			     STR_ARG(*name));
}

static void hosts_index(struct conf_check *k)
{
	struct conf_static *st = &k->c->st;

	host_add(k, &st->hostname);
	for (size_t i = 0; i < st->listeners_n; i++)
		host_add(k, &st->listeners[i].hostname);
}

static void domains_index(struct conf_check *k)
{
	struct conf_dynamic *dyn = &k->c->dyn;

	for (size_t i = 0; i < dyn->domains_n; i++) {
		struct conf_domain *d = &dyn->domains[i], *there;
		struct str ascii = conf_ascii(k->c, d->name);

		if (ascii.n == 0)
			conf_problem(k, d->line, "\"%.*s\" is no domain name", STR_ARG(d->name));
		else if ((there = put(k, &k->c->domains, ascii, d)))
			conf_problem(k, d->line, "domain \"%.*s\" was given before, at line %u",
				     STR_ARG(d->name), there->line);
	}
}

/* A target under key, new or the one that is there. */
static struct conf_target *target_add(struct conf_check *k, struct str key, bool *ret_there)
{
	struct conf *c = k->c;
	struct conf_target *t = map_get(&c->addresses, key), *fresh;

	*ret_there = t != NULL;
	if (t)
		return t;
	fresh = ARENA_NEW(&c->arena, struct conf_target);
	if (!fresh)
		return NULL;
	fresh->address = arena_dup(&c->arena, key);
	put(k, &c->addresses, fresh->address, fresh);
	return fresh;
}

static void destination_index(struct conf_check *k, const struct conf_account *a,
			      const struct conf_destination *d)
{
	BUF_AUTO key = BUF_INIT(ADDRESS_MAX);
	bool there;

	if (!conf_address_key(k->c, d->name, a->domain, &key)) {
		conf_problem(k, d->line, "\"%.*s\" is no address at one of the domains",
			     STR_ARG(d->name));
		return;
	}
	struct conf_target *t = target_add(k, buf_str(&key), &there);

	if (there)
		conf_problem(k, d->line, "address \"%.*s\" was given before, at line %u",
			     STR_ARG(d->name), t->line);
	else if (t)
		t->account = a, t->destination = d, t->line = d->line;
}

static void accounts_index(struct conf_check *k)
{
	struct conf_dynamic *dyn = &k->c->dyn;

	for (size_t i = 0; i < dyn->accounts_n; i++) {
		struct conf_account *a = &dyn->accounts[i];

		if (!idl_account_ok(a->name))
			conf_problem(
				k, a->line,
				"account \"%.*s\": expected letters, digits and . - _, at most "
				"%d, no dot in front",
				STR_ARG(a->name), IDL_ACCOUNT_MAX);
		put(k, &k->c->accounts, a->name, a);
		for (size_t j = 0; j < a->destinations_n; j++)
			destination_index(k, a, &a->destinations[j]);
	}
}

/* A destination for an address that has none of its own. */
static const struct conf_destination *made_up(struct conf *c, struct str address,
					      struct str mailbox, uint32_t line)
{
	struct conf_destination *d = ARENA_NEW(&c->arena, struct conf_destination);

	if (d)
		*d = (struct conf_destination){.name = address, .line = line, .mailbox = mailbox};
	return d;
}

struct report {
	struct str local, domain, account, mailbox;
	uint32_t line;
	bool dmarc;
};

/* The address for reports is an address like others, or takes over one. */
static void report_index(struct conf_check *k, const struct report *r)
{
	const struct conf_account *a = conf_account(k->c, r->account);
	BUF_AUTO key = BUF_INIT(ADDRESS_MAX);
	bool there;

	if (!a)
		conf_problem(k, r->line, "Account: there is no account \"%.*s\"",
			     STR_ARG(r->account));
	if (!conf_domain(k->c, r->domain) && !conf_is_hostname(k->c, r->domain))
		conf_problem(k, r->line, "Domain: there is no domain \"%.*s\"", STR_ARG(r->domain));
	else if (!key_make(k->c, r->local, r->domain, &key))
		conf_problem(k, r->line, "Localpart: \"%.*s\" is none", STR_ARG(r->local));
	else if (a) {
		struct conf_target *t = target_add(k, buf_str(&key), &there);

		if (!t)
			return;
		t->account = a;
		t->destination = made_up(k->c, t->address, r->mailbox, r->line);
		t->line = r->line;
		*(r->dmarc ? &t->dmarc_reports : &t->tls_reports) = true;
	}
}

static void reports_index(struct conf_check *k)
{
	struct conf_dynamic *dyn = &k->c->dyn;

	for (size_t i = 0; i < dyn->domains_n; i++) {
		const struct conf_dmarc *m = dyn->domains[i].dmarc;
		const struct conf_tlsrpt *t = dyn->domains[i].tlsrpt;
		struct str name = dyn->domains[i].name;

		if (m)
			report_index(k,
				     &(struct report){m->localpart, m->domain.n ? m->domain : name,
						      m->account, m->mailbox, m->line, true});
		if (t)
			report_index(k,
				     &(struct report){t->localpart, t->domain.n ? t->domain : name,
						      t->account, t->mailbox, t->line, false});
	}
}

static void alias_index(struct conf_check *k, const struct conf_domain *d,
			const struct conf_alias *al)
{
	BUF_AUTO key = BUF_INIT(ADDRESS_MAX);
	bool there;

	if (al->name.n == 0 || !key_make(k->c, al->name, d->name, &key)) {
		conf_problem(k, al->line, "alias \"%.*s\" is no local part", STR_ARG(al->name));
		return;
	}
	struct conf_target *t = target_add(k, buf_str(&key), &there);

	if (there)
		conf_problem(k, al->line, "address of alias \"%.*s\" was given before, at line %u",
			     STR_ARG(al->name), t->line);
	else if (t)
		t->alias = al, t->line = al->line;
}

static void aliases_index(struct conf_check *k)
{
	for (size_t i = 0; i < k->c->dyn.domains_n; i++) {
		const struct conf_domain *d = &k->c->dyn.domains[i];

		for (size_t j = 0; j < d->aliases_n; j++)
			alias_index(k, d, &d->aliases[j]);
	}
}

static void host_roles_index(struct conf_check *k)
{
	struct conf *c = k->c;
	const struct conf_postmaster *p = c->st.postmaster;
	const struct conf_host_tlsrpt *t = c->st.host_tlsrpt;

	c->postmaster = (struct conf_target){
		.address = postmaster_local,
		.account = conf_account(c, p->account),
		.destination = made_up(c, postmaster_local, p->mailbox, p->line),
	};
	if (!c->postmaster.account)
		conf_problem(k, p->line_of.account, "Account: there is no account \"%.*s\"",
			     STR_ARG(p->account));
	if (t)
		report_index(k, &(struct report){t->localpart, c->st.hostname, t->account,
						 t->mailbox, t->line, false});
}

void conf_index(struct conf_check *k)
{
	struct conf *c = k->c;
	const char *domains_file = k->file;

	map_init(&c->hosts, NAMES_MAX, seed);
	map_init(&c->domains, NAMES_MAX, seed);
	map_init(&c->accounts, NAMES_MAX, seed);
	map_init(&c->addresses, NAMES_MAX, seed);
	k->file = c->source.static_path.p;
	hosts_index(k);
	k->file = domains_file;
	domains_index(k);
	accounts_index(k);
	reports_index(k);
	aliases_index(k);
	k->file = c->source.static_path.p;
	host_roles_index(k);
}

static void found_set(const struct conf_target *t, enum conf_via via, struct conf_address *ret)
{
	ret->found = t->alias ? CONF_ALIAS : CONF_USER;
	ret->via = via;
	ret->address = t->address;
	ret->account = t->account;
	ret->destination = t->destination;
	ret->alias = t->alias;
	ret->dmarc_reports = t->dmarc_reports;
	ret->tls_reports = t->tls_reports;
}

/* The address itself, or @domain. */
static bool target_find(const struct conf *c, struct str local, struct str ascii,
			struct conf_address *ret)
{
	BUF_AUTO key = BUF_INIT(ADDRESS_MAX);
	const struct conf_target *t;

	if (!conf_local_part(ret->domain, local, &key))
		return false;
	size_t at = key.n;

	buf_strs(&key, STR("@"), ascii);
	if (buf_failed(&key))
		return false;
	t = map_get(&c->addresses, buf_str(&key));
	if (t)
		found_set(t, at > 0 ? CONF_VIA_ADDRESS : CONF_VIA_CATCHALL, ret);
	else if ((t = map_get(&c->addresses, str_from(buf_str(&key), at))))
		found_set(t, CONF_VIA_CATCHALL, ret);
	return t != NULL;
}

void conf_address_lookup(const struct conf *c, struct str local, struct str domain,
			 struct conf_address *ret)
{
	BUF_AUTO ascii = BUF_INIT(DOMAIN_MAX + 1);
	bool ours = domain.n == 0;

	*ret = (struct conf_address){.found = CONF_NOT_LOCAL};
	if (domain_ascii(domain, &ascii)) {
		ret->domain = map_get(&c->domains, buf_str(&ascii));
		ours = ret->domain || map_get(&c->hosts, buf_str(&ascii));
		if (ours)
			ret->found = CONF_NO_USER;
		if (ours && target_find(c, local, buf_str(&ascii), ret))
			return;
	}
	if (ours && str_eq_nocase(local, postmaster_local))
		found_set(&c->postmaster, CONF_VIA_POSTMASTER, ret);
	else if (c->source.localserve)
		found_set(&c->postmaster, CONF_VIA_LOCALSERVE, ret);
}

const struct conf_account *conf_login(const struct conf *c, struct str username)
{
	ssize_t at = str_rchr(username, '@');
	struct conf_address a;

	if (at <= 0)
		return NULL;
	conf_address_lookup(c, str_sub(username, 0, (size_t)at), str_from(username, (size_t)at + 1),
			    &a);
	return a.found == CONF_USER && a.via <= CONF_VIA_CATCHALL ? a.account : NULL;
}
