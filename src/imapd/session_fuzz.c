/* A whole session on an account in a temporary folder: the first byte says whether it has logged in
 * and how the rest is cut into pieces. Every line that goes out ends in CRLF, and what is not
 * inside a literal begins like a response. The account stays from run to run. */
#include "imapd/imapd.h"
#include "os/session_mem.h"
#include "store/store.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
	char root[32];
	struct clock clock;
	struct store *store;
	struct fs fs;
} f;

static void login(void *arg, struct imapd_call *call, const struct session *s, struct str user,
		  struct str password)
{
	struct imapd_answer *a = &call->answer;

	(void)arg, (void)s, (void)password;
	a->code = str_eq(user, STR("x")) ? ERR_NONE : ERR_AUTH;
	a->account[0] = 'x';
	imapd_call_done(call);
}

static struct err open_account(void *arg, struct str account, struct account **ret)
{
	(void)arg;
	return account_create(f.store, account, ret);
}

static void setup(void)
{
	struct store_options o = {.clock = &f.clock, .free_floor = UINT64_MAX};

	if (f.store)
		return;
	memcpy(f.root, "/tmp/mox-imapd-fuzz-XXXXXX", sizeof("/tmp/mox-imapd-fuzz-XXXXXX"));
	char *root = mkdtemp(f.root);

	assert(root);
	o.root = root;
	clock_init(&f.clock);
	clock_set(&f.clock, 1704164644 * NS_PER_S);
	struct err e = store_open(&o, &f.store);

	assert(err_is_ok(e));
}

/* "{n}" at the end of a line: so many bytes follow that are no lines. */
static uint64_t literal_n(struct str line)
{
	ssize_t open = str_rchr(line, '{');
	uint64_t n = 0;

	if (open >= 0 && str_ends(line, STR("}")))
		(void)str_u64(str_sub(line, (size_t)open + 1, line.n - 1), UINT32_MAX, &n);
	return n;
}

static void check(struct str out)
{
	while (out.n) {
		ssize_t lf = str_find(out, STR("\r\n"), 0);

		assert(lf >= 0);
		struct str line = str_sub(out, 0, (size_t)lf);

		assert(str_chr(line, '\n') < 0 && str_chr(line, '\r') < 0);
		uint64_t n = literal_n(line);

		out = str_from(out, (size_t)lf + 2);
		assert(n <= out.n);
		out = str_from(out, (size_t)n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	setup();
	static struct imapd_env env;
	static struct imapd_service service;

	env = (struct imapd_env){.fs = &f.fs,
				 .tmp_dirfd = AT_FDCWD,
				 .rand = rand_system(),
				 .login = login,
				 .open = open_account};
	service = (struct imapd_service){
		.base = {.ops = &imapd_ops}, .settings = {.append_max = 65536}, .env = &env};
	if (size == 0)
		return 0;
	struct session_mem *m = session_mem_new(&service.base, &f.clock, data[0] >> 1);

	check(session_mem_out(m));
	if (data[0] & 1)
		session_mem_feed(m, STR("l LOGIN x x\r\n"));
	session_mem_feed(m, str_of(data + 1, size - 1));
	session_mem_eof(m);
	check(session_mem_out(m));
	session_mem_free(m);
	return 0;
}
