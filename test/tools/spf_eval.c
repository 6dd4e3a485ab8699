/* spf-eval: SPF checks against zones, for comparing with what other programs make of the same.
 *
 *	spf-eval <CASES
 *
 * Lines of the input: `reset` forgets all records; `check`, then separated by tabs the address, HELO,
 * local part, domain and receiver, runs a check and prints its result as a line of JSON; any other
 * line is zone text (src/dns/fake.h). The time is 1700000000.
 */
#include "base/json.h"
#include "dns/fake.h"
#include "verify/spf.h"
#include <stdio.h>
#include <stdlib.h>

enum { NOW = 1700000000, FIELDS = 5, ZONE_CAP = 16 << 20, CHECK_CAP = 4 << 20 };

static void key_str(struct json *j, struct str key, struct str value)
{
	json_key(j, key);
	json_str(j, value);
}

static void print(const struct spf_args *args, const struct spf_result *r)
{
	BUF_AUTO b = BUF_INIT(1 << 20);
	BUF_AUTO header = BUF_INIT(1 << 20);
	struct json j = json_of(&b);

	buf_received_spf(&header, args, r);
	json_object_begin(&j);
	key_str(&j, STR("result"), auth_result_name(r->result));
	key_str(&j, STR("mechanism"), r->mechanism);
	key_str(&j, STR("record_domain"), r->record_domain);
	key_str(&j, STR("problem"), r->problem);
	key_str(&j, STR("explanation"), r->explanation);
	key_str(&j, STR("received"), buf_str(&header));
	json_object_end(&j);
	printf("%.*s\n", STR_ARG(buf_str(&b)));
}

static void check(struct dns_fake *fake, struct str line)
{
	BUF_AUTO explain = BUF_INIT(CHECK_CAP);
	struct spf_args args = {.now = NOW, .explain = &explain};
	struct str field[FIELDS];
	struct spf_result result;
	struct dns_batch batch;
	struct arena arena;

	for (size_t i = 0; i < FIELDS; i++)
		str_cut(line, '\t', &field[i], &line);
	if (!ip_parse(field[0], &args.ip))
		abort();
	args.helo = field[1];
	args.local = field[2];
	args.domain = field[3];
	args.receiver = field[4];
	arena_init(&arena, CHECK_CAP);
	dns_batch_init(&batch, &arena);
	while (spf_check(&args, &batch, &arena, &result) == DNS_WAIT)
		dns_batch_resolve(&batch, &fake->resolver);
	print(&args, &result);
	arena_fini(&arena);
}

int main(void)
{
	struct arena zone;
	struct dns_fake fake;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	arena_init(&zone, ZONE_CAP);
	dns_fake_init(&fake, &zone);
	while ((n = getline(&line, &cap, stdin)) > 0) {
		struct str s = str_of(line, (size_t)n - (line[n - 1] == '\n'));

		if (str_starts(s, STR("check\t"))) {
			check(&fake, str_from(s, 6));
		} else if (str_eq(s, STR("reset"))) {
			arena_reset(&zone);
			dns_fake_init(&fake, &zone);
		} else {
			dns_fake_zone(&fake, s);
		}
	}
	free(line);
	arena_fini(&zone);
	return 0;
}
