/* A client against a server that says anything: it always comes to a verdict, sends the end of a
 * message at most once for each 354, and believes in a delivery only after a 2xx. */
#include "smtp/client.h"

#include <assert.h>
#include <stdlib.h>

static struct err body_read(void *arg, uint64_t offset, void *to, size_t n)
{
	memset(to, '.', n);
	return ERR_OK;
}

static const struct smtp_path to[] = {
	{.local = STR_INIT("a"), .host = {.name = STR_INIT("x.example")}},
	{.local = STR_INIT("b"), .host = {.name = STR_INIT("x.example")}},
};

static const struct smtp_client_message message = {.from = {.null = true},
						   .to = to,
						   .to_n = 2,
						   .size = 100,
						   .eight_bit = true,
						   .read = body_read};

static void results_check(const struct smtp_client *c)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct smtp_client_result *r = &c->results[i];

		assert(!(r->ok && r->temporary));
		assert(!r->ok || r->code / 100 == 2);
	}
}

/* The next verdict that waits for input. */
static bool settle(struct smtp_client *c, enum smtp_client_verdict v, unsigned *messages)
{
	for (int i = 0; i < 100; i++) {
		buf_release(conn_out(c->conn));
		if (v == SMTP_CLIENT_INPUT)
			return true;
		if (v == SMTP_CLIENT_BYE)
			return false;
		if (v == SMTP_CLIENT_FAILED) {
			assert(c->failed_at && !c->failure.ok);
			return false;
		}
		if (v == SMTP_CLIENT_SENT)
			results_check(c);
		if (v == SMTP_CLIENT_STARTTLS)
			c->conn->tls = calloc(1, sizeof(*c->conn->tls));
		if (v == SMTP_CLIENT_READY || v == SMTP_CLIENT_SENT)
			v = (*messages)-- > 0 ? smtp_client_send(c, &message) : smtp_client_quit(c);
		else
			v = smtp_client_step(c);
	}
	assert(!"a step that never waits");
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_client_opts opts = {.hello = STR("me.example")};
	struct smtp_client c;
	struct conn conn;
	unsigned messages = 3;
	bool open = true;

	if (size < 2 || size > 30000)
		return 0;
	opts.starttls = data[0] % 3;
	opts.plain_auth = data[0] & 4;
	opts.username = data[0] & 8 ? STR("alice") : STR("");
	conn_init(&conn, -1, CONN_IN_MAX);
	smtp_client_init(&c, &opts, &conn);
	size_t step = data[1] + 1U;

	for (size_t at = 2; open && at < size; at += step) {
		conn_feed(&conn, data + at, size - at < step ? size - at : step);
		open = settle(&c, smtp_client_step(&c), &messages);
	}
	conn.eof = true;
	/* A message begun after the end fails at its first step. */
	for (int i = 0; open && i < 10; i++)
		open = settle(&c, smtp_client_step(&c), &messages);
	assert(!open);
	smtp_client_fini(&c);
	conn_fini(&conn);
	return 0;
}
