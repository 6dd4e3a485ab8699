/* Any packets at all from the other role: whatever it sends, an honest call after it is answered,
 * and no descriptor is left behind.
 *
 * The input is a list of packets, a length byte and the bytes each; those that begin with 0xff
 * carry a descriptor as well, those that begin with 0xfe take the first byte of their call and body
 * only: the head around them is right.
 */
#include "idl/sample.h"
#include "os/clock.h"
#include "os/ipc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HONEST_ID = 4242 };

static void serve_echo(struct ipc_request *r)
{
	const struct sample_echo_request *rq = r->args;
	struct sample_echo_reply rp = {.text = rq->text};

	ipc_reply(r, &rp, NULL);
}

static void serve_file(struct ipc_request *r)
{
	struct sample_file_reply rp = {.text = STR("")};

	assert(r->fds.n <= 1);
	ipc_reply(r, &rp, &r->fds);
}

static void serve_count(struct ipc_request *r)
{
	const struct sample_count_request *rq = r->args;
	struct sample_count_reply rp = {0};

	for (; rp.i < rq->n && rp.i < 3; rp.i++)
		ipc_reply_more(r, &rp, NULL);
	ipc_reply(r, &rp, NULL);
}

static void (*const handlers[])(struct ipc_request *) = {
	[SAMPLE_CALL_ECHO] = serve_echo,
	[SAMPLE_CALL_COUNT] = serve_count,
	[SAMPLE_CALL_FILE] = serve_file,
};

static void packet_send(int fd, struct str s)
{
	struct ipc_fds fds = {.fd = {fd}, .n = 1};
	struct ipc_head head = {.kind = IPC_REQUEST, .id = 7, .deadline = NS_NEVER};

	if (s.n == 0)
		return;
	unsigned char first = (unsigned char)s.p[0];
	struct str rest = str_from(s, 1);

	if (first < 0xfe) {
		assert(TEMP_FAILURE_RETRY(send(fd, s.p, s.n, MSG_NOSIGNAL)) == (ssize_t)s.n);
	} else if (first == 0xfe) {
		head.call = rest.n ? (unsigned char)rest.p[0] : 0;
		assert(ipc_packet_send(fd, &head, str_from(rest, 1), NULL, -1) == IPC_SENT);
	} else {
		head.kind = rest.n ? (unsigned char)rest.p[0] : 0;
		head.call = SAMPLE_CALL_FILE;
		assert(ipc_packet_send(fd, &head, str_from(rest, 1), &fds, -1) == IPC_SENT);
	}
}

/* Sends an honest call and reads answers up to its own. */
static void honest_call(int fd)
{
	static char room[IPC_PACKET_MAX];
	struct ipc_head head = {.kind = IPC_REQUEST,
				.call = SAMPLE_CALL_ECHO,
				.id = HONEST_ID,
				.deadline = NS_NEVER};
	struct ipc_packet p;

	assert(ipc_packet_send(fd, &head, STR("\2\0\0\0hi"), NULL, -1) == IPC_SENT);
	do {
		/* The receiver does not block: wait for something with a peek that does. The
		 * fuzzer's own timer interrupts it. */
		char c;

		assert(TEMP_FAILURE_RETRY(recv(fd, &c, 1, MSG_PEEK)) == 1);
		assert(ipc_packet_receive(fd, room, &p) == IPC_GOT);
		ipc_packet_close(&p);
	} while (p.head.kind != IPC_REPLY || p.head.id != HONEST_ID ||
		 !str_eq(p.inline_body, STR("\2\0\0\0hi")));
}

static int fds_open(void)
{
	int n = 0;

	for (int fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct clock clock;
	static struct ipc_hub *hub;
	struct ipc_opts opts = {.name = "wild",
				.calls = sample_calls,
				.calls_n = SAMPLE_CALL_N,
				.handlers = handlers,
				.handlers_n = ARRAY_LEN(handlers)};
	struct ipc *c;
	int pair[2];

	if (!hub) {
		clock_init(&clock);
		struct err e = ipc_hub_new(&clock, &hub);

		assert(err_is_ok(e));
	}
	int before = fds_open();
	struct err e = ipc_pair(pair);

	assert(err_is_ok(e));
	assert(fcntl(pair[0], F_SETFL, 0) == 0);
	e = ipc_open(hub, &opts, pair[1], &c);
	assert(err_is_ok(e));
	/* Few enough packets that none must wait for room in the socket. */
	for (int k = 0; k < 16 && size > 0; k++) {
		size_t n = data[0] < size - 1 ? data[0] : size - 1;

		packet_send(pair[0], str_of(data + 1, n));
		data += n + 1;
		size -= n + 1;
	}
	honest_call(pair[0]);
	ipc_close(c);
	close(pair[0]);
	assert(fds_open() == before);
	return 0;
}
