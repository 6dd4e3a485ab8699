#include "role/dns_open.h"

#include "conf/conf.h"
#include "format/domain.h"
#include <assert.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEYS_MAX = 1 << 16, PATH_BYTES = 4200 };

#define ROOT_KEYS        "root.key" /* in data/dns */
#define SYSTEM_ROOT_KEYS "/usr/share/dns/root.key"

/* The root's key signing keys of 2017 and 2024, as IANA publishes them. */
static const char known_root_keys[] =
	". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"
	". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16\n";

/* Forwards. */

static size_t forwards_count(const struct conf_dns *d)
{
	size_t n = d->forwarders_n;

	for (size_t i = 0; i < d->zones_n; i++)
		n += d->zones[i].forwarders_n;
	return n;
}

static void forwards_add(struct dns_forwards *f, struct str zone, bool private,
			 const struct str *address, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct dns_forward *to = &f->forward[f->n++];
		bool ok = ip_port_parse(address[i], &to->ip, &to->port);

		assert(ok && "the configuration was checked");
		to->zone = zone;
		to->private = private;
	}
}

static struct err zone_name(struct role *r, struct str zone, struct str *ret)
{
	BUF_AUTO name = BUF_INIT(DOMAIN_MAX + 1);
	bool ok = domain_ascii(zone, &name);

	assert(ok && "the configuration was checked");
	*ret = arena_dup(&r->arena, buf_str(&name));
	return ret->p ? ERR_OK : err_make(ERR_RESOURCES, "no memory for zones");
}

struct err dns_forwards_read(struct role *r, struct dns_forwards *ret)
{
	const struct conf_dns *d = conf_static(r->conf)->dns;

	*ret = (struct dns_forwards){0};
	if (!d)
		return ERR_OK;
	ret->forward = ARENA_NEW_N(&r->arena, struct dns_forward, forwards_count(d));
	if (!ret->forward)
		return err_make(ERR_RESOURCES, "no memory for forwarders");
	for (size_t i = 0; i < d->zones_n; i++) {
		const struct conf_dns_zone *z = &d->zones[i];
		struct str name;

		TRY(zone_name(r, z->name, &name));
		forwards_add(ret, name, z->private, z->forwarders, z->forwarders_n);
	}
	ret->zoned = ret->n;
	forwards_add(ret, STR(""), false, d->forwarders, d->forwarders_n);
	return ERR_OK;
}

/* Trust anchors. */

static bool is_older(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec != b->st_mtim.tv_sec ? a->st_mtim.tv_sec < b->st_mtim.tv_sec
						      : a->st_mtim.tv_nsec < b->st_mtim.tv_nsec;
}

struct err dns_root_keys_keep(struct role *r, const char *system)
{
	BUF_AUTO keys = BUF_INIT(KEYS_MAX);
	struct stat ours, theirs;
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/dns", r->data_dir);
	auto_close int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return err_errno("open %s", path);
	bool there = fstatat(dir, ROOT_KEYS, &ours, 0) == 0 && ours.st_size > 0;
	bool newer = stat(system, &theirs) == 0 && (!there || is_older(&ours, &theirs));

	if (there && !newer)
		return ERR_OK;
	if (newer)
		TRY(file_read(AT_FDCWD, system, &keys));
	else
		buf_str_add(&keys, str_z(known_root_keys));
	log_info(&r->lc, "keys of the DNS root taken over",
		 F_Z("from", newer ? system : "this program"));
	return fs_replace(r->fs, dir, ROOT_KEYS, buf_str(&keys), 0600);
}

static struct err anchors_set(struct role *r, struct dns_unbound_opts *opts)
{
	const struct conf_dns *d = conf_static(r->conf)->dns;
	BUF_AUTO path = BUF_INIT(PATH_BYTES);
	bool given = d && d->trust_anchors.n;

	if (given)
		conf_path(r->conf, d->trust_anchors, &path);
	else
		buf_printf(&path, "%s/dns/" ROOT_KEYS "%c", r->data_dir, '\0');
	if (buf_failed(&path))
		return err_make(ERR_CONFIG, "path of the trust anchors is too long");
	const char *kept = arena_strz(&r->arena, str_z(path.p));

	if (!kept)
		return err_make(ERR_RESOURCES, "no memory for paths");
	if (given) {
		opts->anchor = kept;
		return ERR_OK;
	}
	opts->anchor_auto = kept;
	return dns_root_keys_keep(r, SYSTEM_ROOT_KEYS);
}

struct err dns_open(struct role *r, const struct dns_forwards *f, bool whole,
		    struct dns_unbound **ret)
{
	struct dns_unbound_opts opts = {
		.forward = f->forward,
		.forwards = whole ? f->n : f->zoned,
		.in_flight = DNS_IN_FLIGHT,
	};

	TRY(anchors_set(r, &opts));
	struct err e = dns_unbound_new(&opts, ret);

	if (!opts.anchor_auto || !err_is(e, ERR_CONFIG))
		return e;
	/* No reason to be without names, and so without mail. */
	log_error(&r->lc, "keys of the DNS root are unusable, beginning anew",
		  F_Z("file", opts.anchor_auto), F_ERR(e));
	TRY(fs_unlink(r->fs, AT_FDCWD, opts.anchor_auto));
	TRY(dns_root_keys_keep(r, SYSTEM_ROOT_KEYS));
	return dns_unbound_new(&opts, ret);
}
