/* A whole session against the fakes: whatever is sent, in whatever pieces, the answers are the
 * same, each is a reply, and only messages with proper line ends are delivered. */
#include "smtpd/fake.h"

#include <assert.h>

struct outcome {
	struct buf said, delivered;
	bool closed;
	unsigned deliveries;
};

static void open_session(struct fake *f, uint8_t how, size_t chunk)
{
	if (how & 1)
		fake_init_submission(f);
	else
		fake_init(f);
	if (how & 2)
		f->service.base.tls = (struct tls_server *)f;
	f->service.settings.require_tls = how & 4;
	f->service.settings.requiretls = how & 4;
	f->service.settings.localserve = how & 8;
	f->service.settings.pedantic = how & 16;
	f->service.settings.bounces = how & 32;
	f->service.settings.max_size = 2000;
	f->service.settings.max_rcpt = 5;
	f->defer = how & 64;
	f->results[1] = how & 128 ? ERR_OVER_QUOTA : ERR_NONE;
	fake_open(f, chunk);
}

static void run(uint8_t how, size_t chunk, struct str in, struct outcome *ret)
{
	struct fake f;

	open_session(&f, how, chunk);
	session_mem_feed(f.m, in);
	for (size_t i = 0; f.call && i <= in.n; i++)
		fake_answer(&f);
	assert(!f.call);
	buf_str_add(&ret->said, session_mem_out(f.m));
	buf_str_add(&ret->delivered, buf_str(&f.delivered));
	ret->closed = session_mem_closed(f.m);
	ret->deliveries = f.deliveries;
	fake_fini(&f);
}

/* RFC 5321 §4.2: three digits, a hyphen on all lines but the last of a reply, at most 512 octets.
 */
static void replies_are_replies(struct str out)
{
	struct str line;
	bool more = false;

	while (out.n) {
		assert(str_cut(out, '\n', &line, &out));
		assert(line.n >= 5 && line.n <= 511 && line.p[line.n - 1] == '\r');
		assert(line.p[0] >= '2' && line.p[0] <= '5');
		assert(ch_is_digit(line.p[1]) && ch_is_digit(line.p[2]));
		assert(line.p[3] == ' ' || line.p[3] == '-');
		more = line.p[3] == '-';
	}
	assert(!more);
}

static void line_ends_are_whole(struct str messages)
{
	for (size_t i = 0; i < messages.n; i++)
		if (messages.p[i] == '\r')
			assert(i + 1 < messages.n && messages.p[i + 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole = {.said = BUF_INIT(1 << 20), .delivered = BUF_INIT(1 << 20)};
	struct outcome parts = {.said = BUF_INIT(1 << 20), .delivered = BUF_INIT(1 << 20)};

	if (size < 2 || size > 8192)
		return 0;
	struct str in = str_of(data + 2, size - 2);

	run(data[0], 0, in, &whole);
	run(data[0], data[1] % 16 + 1, in, &parts);
	assert(!buf_failed(&whole.said) && !buf_failed(&whole.delivered));
	assert(str_eq(buf_str(&whole.said), buf_str(&parts.said)));
	assert(whole.closed == parts.closed && whole.deliveries == parts.deliveries);
	replies_are_replies(buf_str(&whole.said));
	line_ends_are_whole(buf_str(&whole.delivered));
	buf_fini(&whole.said);
	buf_fini(&whole.delivered);
	buf_fini(&parts.said);
	buf_fini(&parts.delivered);
	return 0;
}
