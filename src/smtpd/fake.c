#include "smtpd/fake.h"

#include "base/hex.h"
#include <assert.h>
#include <stdlib.h>

static struct smtpd_rcpt_answer rcpt(void *arg, void *config, const struct smtpd_peer *peer,
				     const struct smtp_path *to, struct arena *a)
{
	struct fake *f = arg;
	struct smtpd_rcpt_answer r = {.verdict = SMTPD_RCPT_LOCAL};
	bool ours =
		!smtp_host_is_set(&to->host) || str_eq_nocase(to->host.name, STR("mox.example"));

	if (str_eq_nocase(to->host.name, STR("off.example")))
		r.verdict = SMTPD_RCPT_DISABLED;
	else if (!ours)
		r.verdict = f->outgoing ? SMTPD_RCPT_OUTGOING : SMTPD_RCPT_FOREIGN;
	else if (str_eq_nocase(to->local, STR("postmaster")))
		r.account = arena_dup(a, STR("alice"));
	else if (str_eq(to->local, STR("alice")) || str_eq(to->local, STR("bob")) ||
		 f->service.settings.localserve)
		r.account = arena_dup(a, to->local);
	else
		r.verdict = SMTPD_RCPT_UNKNOWN;
	return r;
}

static bool sender(void *arg, void *config, struct str account, const struct smtp_path *from)
{
	return str_eq(from->local, account) && str_eq_nocase(from->host.name, STR("mox.example"));
}

static void later(struct fake *f, struct smtpd_call *call)
{
	assert(!f->call);
	if (f->defer)
		f->call = call;
	else
		smtpd_call_done(call);
}

static void login(void *arg, void *config, struct smtpd_call *call, const struct smtpd_peer *peer,
		  struct str user, struct str password)
{
	struct fake *f = arg;
	struct smtpd_answer *a = &call->answer;

	f->logins++;
	a->code = ERR_AUTH;
	if (str_eq(user, STR("alice@mox.example")) && str_eq(password, STR("secret"))) {
		a->code = ERR_NONE;
		memcpy(a->account, "alice", sizeof("alice"));
	}
	later(f, call);
}

/* Without the date, which moves on. */
static void note_prefix(struct buf *b, const struct smtpd_message *m)
{
	BUF_AUTO prefix = BUF_INIT(65536);

	smtpd_prefix(&prefix, m, m->rcpts);
	ssize_t received = str_find(buf_str(&prefix), STR("\r\nReceived: "), 0);
	ssize_t date = str_find(buf_str(&prefix), STR(";\r\n\t"), (size_t)received);

	assert(date > 0);
	buf_str_add(b, str_sub(buf_str(&prefix), 0, (size_t)date));
	buf_str_add(b, STR("; DATE\r\n"));
	buf_str_add(b, m->added);
}

static void assert_file_has(int fd, struct str bytes)
{
	BUF_AUTO b = BUF_INIT(bytes.n);
	char *to = buf_reserve(&b, bytes.n);

	assert(to && err_is_ok(file_pread(fd, to, bytes.n, 0)));
	assert(memcmp(to, bytes.p, bytes.n) == 0);
}

static void note(struct buf *b, const struct smtpd_message *m)
{
	buf_str_add(b, STR("from="));
	buf_smtp_path(b, &m->from);
	for (const struct smtpd_rcpt *r = m->rcpts; r; r = r->next) {
		buf_str_add(b, STR(" to="));
		buf_smtp_path(b, &r->to);
		buf_strs(b, STR("("), r->answer.account, STR(")"));
	}
	buf_printf(b, " size=%llu lines=%llu%s%s%s\n", (unsigned long long)m->bytes.n,
		   (unsigned long long)m->data.lines, m->smtputf8 ? " utf8" : "",
		   m->requiretls ? " requiretls" : "", m->data.eight_bit ? " 8bit" : "");
	note_prefix(b, m);
	assert(m->bytes.n == m->data.size);
	buf_str_add(b, m->bytes);
	if (m->fd >= 0)
		assert_file_has(m->fd, m->bytes);
}

static void deliver(void *arg, void *config, struct smtpd_call *call, const struct smtpd_message *m)
{
	struct fake *f = arg;
	struct smtpd_answer *a = &call->answer;
	BUF_AUTO digest = BUF_INIT(64);

	f->deliveries++;
	note(&f->delivered, m);
	buf_hex(&digest, str_of(m->sha256, sizeof(m->sha256)));
	memcpy(f->digest, digest.p, digest.n);
	a->results = calloc(m->rcpt_count, sizeof(*a->results));
	assert(a->results);
	a->result_count = m->rcpt_count;
	for (unsigned i = 0; i < m->rcpt_count && i < ARRAY_LEN(f->results); i++)
		a->results[i] = f->results[i];
	a->slow = f->slow;
	a->delay_ns = f->delay_ns;
	later(f, call);
}

static void dns_answer(struct fake *f, const struct fake_question *k)
{
	struct dns_answer a = {.status = DNS_FAILED, .ede = DNS_EDE_NONE, .error = STR("no DNS")};
	struct arena scratch;

	arena_init(&scratch, 1 << 20);
	if (f->zone)
		f->dns.resolver.resolve(&f->dns.resolver, &k->question, &scratch, &a);
	smtpd_lookup_answer(k->lookup, k->index, &a);
	arena_fini(&scratch);
}

static void lookup(void *arg, struct smtpd_lookup *l, const struct dns_question *q, size_t n,
		   int64_t deadline)
{
	struct fake *f = arg;

	f->lookups++;
	for (size_t i = 0; i < n; i++) {
		struct fake_question k = {l, i, {q[i].type, arena_dup(&f->dns_mem, q[i].name)}};

		if (!f->dns_defer) {
			dns_answer(f, &k);
			continue;
		}
		assert(f->questions < ARRAY_LEN(f->question));
		f->question[f->questions++] = k;
	}
}

bool fake_dns_answer(struct fake *f)
{
	if (f->questions == 0)
		return false;
	dns_answer(f, &f->question[--f->questions]);
	session_mem_run(f->m);
	return true;
}

void fake_init(struct fake *f)
{
	*f = (struct fake){
		.env = {.arg = f,
			.rand = &f->rand.src,
			.id = &f->id,
			.fs = &f->fs,
			.tmp_dirfd = AT_FDCWD,
			.rcpt = rcpt,
			.sender = sender,
			.login = login,
			.lookup = lookup,
			.deliver = deliver},
		.service = {.base = {.ops = &smtpd_ops},
			    .settings = {.hostname = STR("mx.mox.example"),
					 .max_size = 1000000,
					 .max_rcpt = SMTPD_MAX_RCPT,
					 .dns_ns = SMTPD_DNS_TIMEOUT},
			    .env = &f->env},
		.delivered = BUF_INIT(16 << 20),
	};
	clock_init(&f->clock);
	clock_set(&f->clock, INT64_C(1700000000) * NS_PER_S);
	rand_test_init(&f->rand, 1);
	err_ignore(receivedid_init(&f->id, STR("0123456789abcdefRANDOM!!")), "24 bytes");
}

void fake_init_submission(struct fake *f)
{
	fake_init(f);
	f->service.base.ops = &smtpd_submission_ops;
	f->service.settings.submission = true;
}

void fake_open(struct fake *f, size_t chunk)
{
	arena_init(&f->dns_mem, 1 << 20);
	dns_fake_init(&f->dns, &f->dns_mem);
	if (f->zone)
		dns_fake_zone(&f->dns, str_z(f->zone));
	f->m = session_mem_new(&f->service.base, &f->clock, chunk);
}

void fake_fini(struct fake *f)
{
	if (f->m)
		session_mem_free(f->m);
	if (f->call)
		smtpd_call_done(f->call);
	f->call = NULL;
	while (f->questions)
		dns_answer(f, &f->question[--f->questions]);
	arena_fini(&f->dns_mem);
	buf_fini(&f->delivered);
}

struct str fake_say(struct fake *f, struct str in)
{
	session_mem_feed(f->m, in);
	return session_mem_out(f->m);
}

void fake_answer(struct fake *f)
{
	struct smtpd_call *call = f->call;

	f->call = NULL;
	smtpd_call_done(call);
	session_mem_run(f->m);
}
