/* Our client and our server, one against the other. */
#include "base/test.h"

#include "smtp/client.h"
#include "smtpd/fake.h"
#include <stdlib.h>
#include <unistd.h>

struct pair {
	struct fake f;
	struct smtp_client c;
	struct conn conn;
	struct str body;
};

static struct err body_read(void *arg, uint64_t offset, void *to, size_t n)
{
	struct pair *p = arg;

	assert_true(offset + n <= p->body.n);
	memcpy(to, p->body.p + offset, n);
	return ERR_OK;
}

/* What one says the other hears, until the client has a verdict for us. */
static enum smtp_client_verdict talk(struct pair *p, enum smtp_client_verdict v)
{
	for (;;) {
		struct str out = fake_say(&p->f, buf_str(&p->conn.out));

		buf_release(&p->conn.out);
		conn_feed(&p->conn, out.p, out.n);
		if (v == SMTP_CLIENT_STARTTLS)
			p->conn.tls = calloc(1, sizeof(*p->conn.tls));
		else if (v != SMTP_CLIENT_INPUT && v != SMTP_CLIENT_DRAIN)
			return v;
		assert_true(out.n > 0 || v != SMTP_CLIENT_INPUT);
		v = smtp_client_step(&p->c);
	}
}

static void pair_open(struct pair *p, const struct smtp_client_opts *opts)
{
	fake_open(&p->f, 0);
	conn_init(&p->conn, -1, CONN_IN_MAX);
	smtp_client_init(&p->c, opts, &p->conn);
	assert_int_equal(talk(p, SMTP_CLIENT_INPUT), SMTP_CLIENT_READY);
}

static void pair_close(struct pair *p)
{
	assert_int_equal(talk(p, smtp_client_quit(&p->c)), SMTP_CLIENT_BYE);
	assert_true(session_mem_closed(p->f.m));
	smtp_client_fini(&p->c);
	conn_fini(&p->conn);
	fake_fini(&p->f);
}

static const struct smtp_path from = {.local = STR_INIT("x"),
				      .host = {.name = STR_INIT("y.example")}};
static const struct smtp_path to[] = {
	{.local = STR_INIT("alice"), .host = {.name = STR_INIT("mox.example")}},
	{.local = STR_INIT("x"), .host = {.name = STR_INIT("elsewhere.example")}},
};

static enum smtp_client_verdict send_message(struct pair *p, struct str body)
{
	struct smtp_client_message m = {.from = from,
					.to = to,
					.to_n = ARRAY_LEN(to),
					.size = body.n,
					.read = body_read,
					.arg = p};

	p->body = body;
	return talk(p, smtp_client_send(&p->c, &m));
}

/* Dots, and more than is kept in memory. */
static void message_arrives(void **state)
{
	char path[] = "/tmp/mox-smtpd-XXXXXX";
	struct smtp_client_opts opts = {.hello = STR("y.example")};
	struct pair p = {0};
	BUF_AUTO body = BUF_INIT(1 << 20);

	(void)state;
	fake_init(&p.f);
	assert_non_null(mkdtemp(path));
	p.f.env.tmp_dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pair_open(&p, &opts);
	buf_str_add(&body, STR("Subject: x\r\n\r\n"));
	while (body.n < 400000)
		buf_printf(&body, ".line %zu\r\n..\r\n.\r\n", body.n);
	assert_int_equal(send_message(&p, buf_str(&body)), SMTP_CLIENT_SENT);
	assert_true(p.c.results[0].ok);
	assert_str("enhanced", p.c.results[0].enhanced, STR("2.6.0"));
	assert_int_equal(p.c.results[1].code, 550);
	assert_true(str_ends(buf_str(&p.f.delivered), buf_str(&body)));
	assert_int_equal(send_message(&p, STR("second\r\n")), SMTP_CLIENT_SENT);
	assert_int_equal(p.f.deliveries, 2);
	p.f.results[0] = ERR_NOT_ALLOWED;
	assert_int_equal(send_message(&p, STR("third\r\n")), SMTP_CLIENT_SENT);
	assert_int_equal(p.c.results[0].code, 550);
	assert_str("enhanced", p.c.results[0].enhanced, STR("5.7.1"));
	close(p.f.env.tmp_dirfd);
	assert_int_equal(rmdir(path), 0);
	pair_close(&p);
}

static void tls_and_login(void **state)
{
	struct smtp_client_opts opts = {.hello = STR("laptop"),
					.starttls = SMTP_STARTTLS_REQUIRED,
					.username = STR("alice@mox.example"),
					.password = STR("secret")};
	struct pair p = {0};

	(void)state;
	fake_init_submission(&p.f);
	p.f.service.base.tls = (struct tls_server *)&p.f;
	p.f.service.settings.require_tls = true;
	pair_open(&p, &opts);
	assert_int_equal(p.f.logins, 1);
	pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_arrives),
		cmocka_unit_test(tls_and_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
