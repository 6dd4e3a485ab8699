/* verify-batch: verifies one message again and again, for measuring.
 *
 *	verify-batch MESSAGE ZONE TIMES IP HELO LOCAL DOMAIN
 *
 * What the server does once the DNS has answered: iprev, SPF, DKIM, ARC, DMARC, and the
 * Authentication-Results. Prints them, and the CPU time each took in microseconds. The zone is
 * dns/fake's.
 */
#include "dns/fake.h"
#include "os/clock.h"
#include "os/file.h"
#include "verify/verify.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MESSAGE_MAX = 16 << 20, ARENA_MAX = 64 << 20 };

static int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void once(const struct verify_args *args, struct str message, struct dns_fake *dns,
		 struct buf *results)
{
	struct dns_batch questions;
	struct verify *v;
	struct arena a;

	arena_init(&a, ARENA_MAX);
	dns_batch_init(&questions, &a);
	if (err_failed(verify_begin(args, message, &a, &v)))
		abort();
	while (verify_sender(v, &questions) == DNS_WAIT)
		dns_batch_resolve(&questions, &dns->resolver);
	while (verify_dmarc(v, &questions) == DNS_WAIT)
		dns_batch_resolve(&questions, &dns->resolver);
	buf_clear(results);
	buf_verify_results(results, STR("mx.example"), v);
	arena_fini(&a);
}

int main(int argc, char **argv)
{
	BUF_AUTO message = BUF_INIT(MESSAGE_MAX);
	BUF_AUTO zone = BUF_INIT(1 << 20);
	BUF_AUTO results = BUF_INIT(1 << 16);
	struct verify_args args = {.now = time(NULL)};
	struct dns_fake dns;
	struct arena mem;
	uint64_t times;

	if (argc != 8 || err_failed(file_read(AT_FDCWD, argv[1], &message)) ||
	    err_failed(file_read(AT_FDCWD, argv[2], &zone)) ||
	    !str_u64(str_z(argv[3]), 1 << 30, &times) || times == 0 ||
	    !ip_parse(str_z(argv[4]), &args.spf.ip)) {
		fprintf(stderr, "usage: verify-batch MESSAGE ZONE TIMES IP HELO LOCAL DOMAIN\n");
		return 2;
	}
	args.spf.helo = str_z(argv[5]);
	args.spf.local = str_z(argv[6]);
	args.spf.domain = str_z(argv[7]);
	args.spf.receiver = STR("mx.example");
	args.spf.now = args.now;
	arena_init(&mem, ARENA_MAX);
	dns_fake_init(&dns, &mem);
	dns_fake_zone(&dns, buf_str(&zone));
	once(&args, buf_str(&message), &dns, &results);
	int64_t began = cpu_ns();

	for (uint64_t i = 0; i < times; i++)
		once(&args, buf_str(&message), &dns, &results);
	int64_t each = (cpu_ns() - began) / (int64_t)times;

	printf("%.*s%.1f\n", STR_ARG(buf_str(&results)), (double)each / 1000);
	arena_fini(&mem);
	return 0;
}
