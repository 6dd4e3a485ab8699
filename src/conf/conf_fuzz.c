/* Two texts, parted by a byte 1: mox.conf, domains.conf. What parses as a configuration has an
 * account for each address in it, and domains.conf written anew means the same. */
#include "conf/conf.h"

#include <assert.h>

enum { TEXT_MAX = 1024 * 1024 };

static void addresses_check(const struct conf *c)
{
	const struct conf_dynamic *dyn = conf_dynamic(c);

	for (size_t i = 0; i < dyn->accounts_n; i++) {
		const struct conf_account *a = &dyn->accounts[i];

		assert(conf_account(c, a->name) == a);
		for (size_t j = 0; j < a->destinations_n; j++) {
			struct str name = a->destinations[j].name, domain;
			ssize_t at = str_rchr(name, '@');
			struct conf_address got;

			domain = at < 0 ? a->domain : str_from(name, (size_t)at + 1);
			conf_address_lookup(c, str_sub(name, 0, at < 0 ? name.n : (size_t)at),
					    domain, &got);
			assert(got.found == CONF_NOT_LOCAL || got.domain ||
			       conf_is_hostname(c, domain));
		}
	}
}

static void rewrite_check(const struct conf *c)
{
	struct arena a;
	struct sconf_node *root;
	struct conf_source src = *conf_source(c);
	struct conf *again;
	BUF_AUTO text = BUF_INIT(TEXT_MAX);

	arena_init(&a, (size_t)16 * TEXT_MAX);
	assert(err_is_ok(idl_tree(&a, &conf_dynamic_record, conf_dynamic(c), &root)));
	assert(err_is_ok(sconf_write(root, &text)));
	src.domains_text = buf_str(&text);
	assert(err_is_ok(conf_parse(&src, NULL, &again)));
	assert(conf_dynamic(again)->accounts_n == conf_dynamic(c)->accounts_n);
	conf_unref(again);
	arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_AUTO problems = BUF_INIT(TEXT_MAX);
	struct conf_source src = {.static_path = STR("m"), .domains_path = STR("d")};
	struct conf *c;

	if (size > 32 * 1024)
		return 0;
	str_cut(str_of(data, size), 1, &src.static_text, &src.domains_text);
	if (err_failed(conf_parse(&src, &problems, &c))) {
		assert(problems.n > 0);
		return 0;
	}
	assert(problems.n == 0);
	addresses_check(c);
	rewrite_check(c);
	conf_unref(c);
	return 0;
}
