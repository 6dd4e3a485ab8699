#include "dns/unbound_config.h"

#include "dns/text.h"
#include "format/date.h"
#include "os/file.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unbound.h>
#include <unistd.h>

enum {
	CONFIG_MAX = 1 << 20,
	ANCHOR_MAX = 1 << 20,
	DNS_PORT = 53,
	TCP_SOCKETS = 32,
};

/* What libunbound answers by itself (RFC 6303, RFC 6761, RFC 7686, RFC 8375): a forward that has
 * one of these in its zone, or whose zone is in one of these, is asked instead. None is known to
 * the public DNS, so none is validated then unless a trust anchor names it. */
static const struct str special[] = {
	STR_INIT("localhost"),
	STR_INIT("test"),
	STR_INIT("invalid"),
	STR_INIT("onion"),
	STR_INIT("home.arpa"),
	STR_INIT("10.in-addr.arpa"),
	STR_INIT("168.192.in-addr.arpa"),
	STR_INIT("0.in-addr.arpa"),
	STR_INIT("127.in-addr.arpa"),
	STR_INIT("254.169.in-addr.arpa"),
	STR_INIT("2.0.192.in-addr.arpa"),
	STR_INIT("100.51.198.in-addr.arpa"),
	STR_INIT("113.0.203.in-addr.arpa"),
	STR_INIT("255.255.255.255.in-addr.arpa"),
	STR_INIT("0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa"),
	STR_INIT("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa"),
	STR_INIT("d.f.ip6.arpa"),
	STR_INIT("8.e.f.ip6.arpa"),
	STR_INIT("9.e.f.ip6.arpa"),
	STR_INIT("a.e.f.ip6.arpa"),
	STR_INIT("b.e.f.ip6.arpa"),
	STR_INIT("8.b.d.0.1.0.0.2.ip6.arpa"),
};
static const struct {
	const char *format;
	int first, last;
} special_ranges[] = {
	{"%d.172.in-addr.arpa", 16, 31}, {"%d.100.in-addr.arpa", 64, 127}, /* RFC 7793 */
};

static bool meets_forward(const struct dns_unbound_opts *o, struct str zone)
{
	for (size_t i = 0; i < o->forwards; i++)
		if (dns_name_within(zone, o->forward[i].zone) ||
		    dns_name_within(o->forward[i].zone, zone))
			return true;
	return false;
}

/* Names with addresses of libunbound's own. */
static bool has_loopback(struct str zone)
{
	return str_eq(zone, STR("localhost")) || str_eq(zone, STR("127.in-addr.arpa")) ||
	       str_starts(zone, STR("1.0.0.0.0.0.0."));
}

/* One that a forward is for is asked there. The others are empty: libunbound's own form of that is
 * the same answer, but holds records that nobody asks for, a kilobyte a zone. */
static void special_write(const struct dns_unbound_opts *o, struct buf *b, struct str zone)
{
	if (meets_forward(o, zone))
		buf_printf(b, "local-zone: \"%.*s\" nodefault\ndomain-insecure: \"%.*s\"\n",
			   STR_ARG(zone), STR_ARG(zone));
	else if (!has_loopback(zone))
		buf_printf(b, "local-zone: \"%.*s\" static\n", STR_ARG(zone));
}

static void specials_write(const struct dns_unbound_opts *o, struct buf *b)
{
	char zone[32];

	for (size_t i = 0; i < ARRAY_LEN(special); i++)
		special_write(o, b, special[i]);
	for (size_t i = 0; i < ARRAY_LEN(special_ranges); i++) {
		for (int k = special_ranges[i].first; k <= special_ranges[i].last; k++) {
			snprintf(zone, sizeof(zone), special_ranges[i].format, k);
			special_write(o, b, str_z(zone));
		}
	}
}

static void zone_write(struct buf *b, const char *option, struct str zone)
{
	buf_printf(b, "%s: \"", option);
	buf_dns_name(b, zone);
	buf_str_add(b, STR("\"\n"));
}

/* The servers of one zone stand together, at the first of them. */
static void forward_write(const struct dns_unbound_opts *o, struct buf *b, size_t first)
{
	struct str zone = o->forward[first].zone;

	for (size_t i = 0; i < first; i++)
		if (dns_name_eq(o->forward[i].zone, zone))
			return;
	buf_str_add(b, STR("forward-zone:\n"));
	zone_write(b, "name", zone);
	for (size_t i = first; i < o->forwards; i++) {
		const struct dns_forward *f = &o->forward[i];

		if (!dns_name_eq(f->zone, zone))
			continue;
		buf_str_add(b, STR("forward-addr: "));
		buf_ip(b, f->ip);
		buf_printf(b, "@%u\n", f->port ? f->port : DNS_PORT);
	}
}

/* A quarter each for messages and keys with what is known absent, half for records. As many
 * sockets as questions: where they are fewer, those to a dead server keep others waiting. */
static void limits_write(const struct dns_unbound_opts *o, struct buf *b)
{
	size_t cache = o->cache_bytes ? o->cache_bytes : DNS_UNBOUND_CACHE;
	size_t in_flight = o->in_flight ? o->in_flight : DNS_UNBOUND_IN_FLIGHT;

	buf_printf(b,
		   "msg-cache-size: %zu\nrrset-cache-size: %zu\n"
		   "key-cache-size: %zu\nneg-cache-size: %zu\n"
		   "msg-cache-slabs: 1\nrrset-cache-slabs: 1\n"
		   "key-cache-slabs: 1\ninfra-cache-slabs: 1\n"
		   "num-queries-per-thread: %zu\noutgoing-range: %zu\noutgoing-num-tcp: %d\n",
		   cache / 4, cache / 2, cache / 8, cache / 8, in_flight, in_flight, TCP_SOCKETS);
}

static void anchors_write(const struct dns_unbound_opts *o, struct buf *b)
{
	if (!o->anchor && !o->anchor_auto) {
		buf_str_add(b, STR("module-config: \"iterator\"\n"));
		return;
	}
	buf_str_add(b, STR("module-config: \"validator iterator\"\ntrust-anchor-signaling: no\n"));
	if (o->anchor_auto)
		buf_printf(b, "auto-trust-anchor-file: \"%s\"\n", o->anchor_auto);
	else
		buf_printf(b, "trust-anchor-file: \"%s\"\n", o->anchor);
	if (o->now) {
		struct date_civil t = date_civil(o->now);

		buf_printf(b, "val-override-date: \"%04d%02u%02u%02u%02u%02u\"\n", (int)t.year,
			   t.month, t.day, t.hour, t.minute, t.second);
	}
}

static void config_write(const struct dns_unbound_opts *o, struct buf *b)
{
	bool loopback = false, all = false;

	buf_str_add(b, STR("server:\n"));
	limits_write(o, b);
	anchors_write(o, b);
	specials_write(o, b);
	for (size_t i = 0; i < o->forwards; i++) {
		loopback |= ip_is_loopback(o->forward[i].ip);
		all |= o->forward[i].zone.n == 0;
		if (o->forward[i].private)
			zone_write(b, "domain-insecure", o->forward[i].zone);
	}
	buf_printf(b, "do-not-query-localhost: %s\n", loopback ? "no" : "yes");
	/* A server that was silent is tried again. One that is asked for everything is not even
	 * remembered as silent: three names whose own servers are dead would do, and every
	 * question would fail at once, unasked, for minutes. */
	buf_str_add(b, STR("infra-keep-probing: yes\n"));
	if (all)
		buf_str_add(b, STR("infra-host-ttl: 1\n"));
	for (size_t i = 0; i < o->forwards; i++)
		forward_write(o, b, i);
}

/* Whether the text can stand in quotes. */
static bool path_ok(const char *path)
{
	for (const char *p = path; *p; p++)
		if (*p == '"' || *p == '\n' || *p == '\r')
			return false;
	return *path != '\0';
}

/* libunbound only says that something is wrong. */
static struct err anchor_check(const char *path, struct buf *ret)
{
	if (!path_ok(path))
		return err_make(ERR_CONFIG, "trust anchor: not a usable path: \"%s\"", path);
	struct err e = file_read(AT_FDCWD, path, ret);

	if (err_failed(e))
		return err_make(ERR_CONFIG, "trust anchor: %.*s", STR_ARG(err_text(e)));
	if (str_trim(buf_str(ret)).n == 0)
		return err_make(ERR_CONFIG, "trust anchor: %s is empty", path);
	return ERR_OK;
}

/* The file that follows the root's keys begins as a copy of the other. */
static struct err anchor_auto_begin(const struct dns_unbound_opts *o, struct str keys)
{
	struct fs fs = FS_SYSTEM;

	if (!o->anchor || access(o->anchor_auto, F_OK) == 0)
		return ERR_OK;
	return fs_replace(&fs, AT_FDCWD, o->anchor_auto, keys, 0600);
}

static struct err anchors_check(const struct dns_unbound_opts *o)
{
	BUF_AUTO keys = BUF_INIT(ANCHOR_MAX);

	if (o->anchor)
		TRY(anchor_check(o->anchor, &keys));
	if (!o->anchor_auto)
		return ERR_OK;
	TRY(anchor_auto_begin(o, buf_str(&keys)));
	buf_clear(&keys);
	return anchor_check(o->anchor_auto, &keys);
}

/* libunbound wants a file; this one is in memory. */
static struct err config_give(struct ub_ctx *ctx, struct str text)
{
	auto_close int fd = memfd_create("unbound.conf", MFD_CLOEXEC);
	struct fs fs = FS_SYSTEM;
	char path[64];

	if (fd < 0)
		return err_errno("memfd_create");
	TRY(fs_pwrite(&fs, fd, text.p, text.n, 0));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int rc = ub_ctx_config(ctx, path);

	if (rc)
		return err_make(ERR_CONFIG, "DNS resolver: configuration: %s", ub_strerror(rc));
	return ERR_OK;
}

struct err dns_unbound_configure(const struct dns_unbound_opts *o, struct ub_ctx *ctx)
{
	BUF_AUTO text = BUF_INIT(CONFIG_MAX);

	for (size_t i = 0; i < o->forwards; i++)
		if (!dns_name_ok(o->forward[i].zone) || !ip_is_set(o->forward[i].ip))
			return err_make(ERR_CONFIG, "forward %zu: no usable zone or address", i);
	TRY(anchors_check(o));
	config_write(o, &text);
	if (buf_failed(&text))
		return err_make(ERR_CONFIG, "DNS resolver: too many forwards");
	return config_give(ctx, buf_str(&text));
}
