#include "verify/psl.h"

#include "dns/name.h"
#include "format/domain.h"
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

	if (!l || psl_suffix_count(l) == 0) {
		psl_free(l);
		return err_make(ERR_CONFIG, "%s: not a list of public suffixes", path);
	}
	psl_free((psl_ctx_t *)atomic_exchange(&list, l));
	return ERR_OK;
}

/* The library compares bytes: names go to it as A-labels in lower case. */
static bool lower_is_suffix(enum psl_section section, struct str name)
{
	char z[DOMAIN_MAX + 1];

	memcpy(z, name.p, name.n);
	z[name.n] = 0;
	return psl_is_public_suffix2(list_now(), z,
				     section == PSL_ICANN ? PSL_TYPE_ICANN : PSL_TYPE_ANY) != 0;
}

/* How many labels the organizational domain has; 0 if the name is nobody's. */
static size_t org_labels(enum psl_section section, struct str domain, size_t *ret_labels)
{
	BUF_AUTO lower = BUF_INIT(DOMAIN_MAX);

	if (!domain_ascii(domain, &lower) || lower_is_suffix(section, buf_str(&lower)))
		return 0;
	struct str d = buf_str(&lower), parent;

	*ret_labels = dns_name_labels(d);
	for (; (parent = dns_name_parent(d)).n; d = parent)
		if (lower_is_suffix(section, parent))
			break;
	return dns_name_labels(d);
}

bool psl_is_suffix_in(enum psl_section section, struct str domain)
{
	size_t labels;

	return org_labels(section, domain, &labels) == 0;
}

struct str psl_organizational_in(enum psl_section section, struct str domain)
{
	size_t labels = 0, n = org_labels(section, domain, &labels);
	struct str bare = dns_name_undot(domain);

	/* U-labels may have other dots between them (UTS #46): such a name stays whole. */
	return n && labels == dns_name_labels(bare) ? dns_name_tail(bare, n) : domain;
}
