#include "verify/psl.h"
#include "dns/name.h"
#include <libpsl.h>
#include <stdatomic.h>

static const psl_ctx_t *_Atomic list;

static const psl_ctx_t *list_now(void)
{
	const psl_ctx_t *l = atomic_load(&list);

	return l ? l : psl_builtin();
}

struct err psl_load(const char *path)
{
	psl_ctx_t *l = psl_load_file(path);

	if (!l)
		return err_make(ERR_CONFIG, "%s: not a list of public suffixes", path);
	psl_free((psl_ctx_t *)atomic_exchange(&list, l));
	return ERR_OK;
}

bool psl_is_suffix(struct str domain)
{
	char z[DNS_NAME_MAX + 1];

	domain = dns_name_undot(domain);
	if (domain.n == 0 || domain.n > DNS_NAME_MAX || memchr(domain.p, 0, domain.n))
		return domain.n == 0;
	memcpy(z, domain.p, domain.n);
	z[domain.n] = 0;
	return psl_is_public_suffix2(list_now(), z, PSL_TYPE_ICANN) != 0;
}

struct str psl_organizational(struct str domain)
{
	domain = dns_name_undot(domain);
	for (struct str d = domain; d.n; d = dns_name_parent(d))
		if (psl_is_suffix(dns_name_parent(d)))
			return psl_is_suffix(d) ? domain : d;
	return domain;
}
