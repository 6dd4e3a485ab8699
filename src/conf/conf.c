#include "conf/conf.h"

#include "conf/snapshot.h"
#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
	ARENA_MAX = 256 * 1024 * 1024,
	PATH_MAX_ = 4096,
};

void conf_problem(struct conf_check *k, uint32_t line, const char *fmt, ...)
{
	va_list ap;
	BUF_AUTO b = BUF_INIT(4096);

	buf_printf(&b, "%s:%u: ", k->file, line);
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (k->count++ == 0)
		buf_str_add(&k->first, buf_str(&b));
	if (k->problems)
		buf_strs(k->problems, buf_str(&b), STR("\n"));
}

static struct str text_copy(char **at, struct str s)
{
	struct str copy = str_of(*at, s.n);

	if (s.n > 0)
		memcpy(*at, s.p, s.n);
	(*at)[s.n] = 0; /* so that paths are also C strings */
	*at += s.n + 1;
	return copy;
}

static struct err source_copy(struct conf *c, const struct conf_source *src)
{
	size_t n = src->static_path.n + src->static_text.n + src->domains_path.n +
		   src->domains_text.n + 4;
	char *at = c->text = malloc(n);

	if (!at)
		return err_make(ERR_RESOURCES, "no memory for the configuration");
	c->source = *src;
	c->source.static_path = text_copy(&at, src->static_path);
	c->source.static_text = text_copy(&at, src->static_text);
	c->source.domains_path = text_copy(&at, src->domains_path);
	c->source.domains_text = text_copy(&at, src->domains_text);
	return ERR_OK;
}

static struct err file_parse(struct conf *c, const char *path, struct str text,
			     const struct idl_record *rec, void *ret)
{
	struct idl_reader r = {.arena = &c->arena, .file = path};
	struct arena tree;
	struct sconf_node *root;

	arena_init(&tree, ARENA_MAX);
	struct err e = sconf_parse(&tree, path, text, &root);

	if (err_is_ok(e))
		e = idl_read(&r, rec, root, ret);
	arena_fini(&tree);
	memcpy(c->later + c->later_n, r.later, r.later_n * sizeof(r.later[0]));
	c->later_n += r.later_n;
	return e;
}

static struct err meaning_check(struct conf *c, struct buf *problems)
{
	struct conf_check k = {.c = c,
			       .file = c->source.domains_path.p,
			       .problems = problems,
			       .first = BUF_INIT(4096)};

	conf_index(&k);
	if (!conf_services_make(c))
		conf_problem(&k, 0, "configuration too large");
	k.file = c->source.static_path.p;
	conf_check_static(&k);
	k.file = c->source.domains_path.p;
	conf_check_dynamic(&k);
	if (arena_failed(&c->arena))
		conf_problem(&k, 0, "configuration too large");
	struct err e = ERR_OK;

	if (k.count == 1)
		e = err_make(ERR_CONFIG, "%.*s", STR_ARG(buf_str(&k.first)));
	else if (k.count > 1)
		e = err_make(ERR_CONFIG, "%.*s (and %zu more)", STR_ARG(buf_str(&k.first)),
			     k.count - 1);
	buf_fini(&k.first);
	return e;
}

static struct err parse(struct conf *c, const struct conf_source *src, struct buf *problems)
{
	TRY(source_copy(c, src));
	TRY(file_parse(c, c->source.static_path.p, c->source.static_text, &conf_static_record,
		       &c->st));
	TRY(file_parse(c, c->source.domains_path.p, c->source.domains_text, &conf_dynamic_record,
		       &c->dyn));
	return meaning_check(c, problems);
}

/* st is that of domains.conf, or NULL. */
static struct err conf_make(const struct conf_source *src, const struct stat *st,
			    struct buf *problems, struct conf **ret)
{
	struct conf *c = calloc(1, sizeof(*c));

	if (!c)
		return err_make(ERR_RESOURCES, "no memory for the configuration");
	c->refs = 1;
	arena_init(&c->arena, ARENA_MAX);
	struct err e = parse(c, src, problems);

	if (err_failed(e)) {
		if (problems && problems->n == 0)
			buf_strs(problems, err_text(e), STR("\n"));
		conf_unref(c);
		return e;
	}
	if (st)
		c->domains_stat = *st;
	*ret = c;
	return ERR_OK;
}

struct err conf_parse(const struct conf_source *src, struct buf *problems, struct conf **ret)
{
	return conf_make(src, NULL, problems, ret);
}

struct conf *conf_ref(struct conf *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

void conf_unref(struct conf *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	map_fini(&c->hosts);
	map_fini(&c->domains);
	map_fini(&c->accounts);
	map_fini(&c->addresses);
	arena_fini(&c->arena);
	free(c->text);
	free(c);
}

/* "DIR/domains.conf" for "DIR/mox.conf". */
static void domains_path_add(struct str static_path, struct buf *b)
{
	ssize_t slash = str_rchr(static_path, '/');

	buf_strs(b, str_sub(static_path, 0, (size_t)(slash + 1)), STR("domains.conf"));
	buf_char(b, '\0');
}

/* The text, and the time and size from before it was read: a change meanwhile is seen as one. */
static struct err domains_read(const char *path, struct buf *text, struct stat *ret)
{
	if (stat(path, ret) != 0)
		return err_errno("%s", path);
	return file_read(AT_FDCWD, path, text);
}

struct err conf_load(const char *static_path, uint64_t number, bool localserve,
		     struct buf *problems, struct conf **ret)
{
	BUF_AUTO path = BUF_INIT(PATH_MAX_);
	BUF_AUTO st_text = BUF_INIT(SCONF_TEXT_MAX);
	BUF_AUTO dyn_text = BUF_INIT(SCONF_TEXT_MAX);
	struct stat st;

	domains_path_add(str_z(static_path), &path);
	if (buf_failed(&path))
		return err_make(ERR_USAGE, "path of the configuration is too long");
	TRY(file_read(AT_FDCWD, static_path, &st_text));
	TRY(domains_read(path.p, &dyn_text, &st));
	struct conf_source src = {number,        str_z(static_path), buf_str(&st_text),
				  str_z(path.p), buf_str(&dyn_text), localserve};

	return conf_make(&src, &st, problems, ret);
}

/* The inode as well: the clock of file times is coarse. */
static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

struct err conf_reload(const struct conf *c, struct conf **ret)
{
	const char *path = c->source.domains_path.p;
	BUF_AUTO text = BUF_INIT(SCONF_TEXT_MAX);
	struct conf_source src = c->source;
	struct stat st;

	*ret = NULL;
	if (stat(path, &st) != 0)
		return err_errno("%s", path);
	if (same_file(&st, &c->domains_stat))
		return ERR_OK;
	TRY(domains_read(path, &text, &st));
	src.number++;
	src.domains_text = buf_str(&text);
	return conf_make(&src, &st, NULL, ret);
}

static struct err domains_compose(const struct conf_dynamic *value, struct buf *text)
{
	struct sconf_node *root;
	struct arena tree;

	arena_init(&tree, ARENA_MAX);
	struct err e = idl_tree(&tree, &conf_dynamic_record, value, &root);

	if (err_is_ok(e))
		e = sconf_write(root, text);
	arena_fini(&tree);
	return e;
}

struct err conf_domains_write(struct fs *fs, const struct conf *c, const struct conf_dynamic *value,
			      struct conf **ret)
{
	const char *path = c->source.domains_path.p;
	BUF_AUTO text = BUF_INIT(SCONF_TEXT_MAX);
	struct conf_source src = c->source;
	struct conf *fresh = NULL;
	struct stat st;

	TRY(domains_compose(value, &text));
	src.number++;
	src.domains_text = buf_str(&text);
	TRY(conf_parse(&src, NULL, &fresh));
	assert(fresh);
	struct err e = fs_replace(fs, AT_FDCWD, path, buf_str(&text), 0640);

	if (err_is_ok(e) && stat(path, &st) != 0)
		e = err_errno("%s", path);
	if (err_failed(e)) {
		conf_unref(fresh);
		return err_add(e, "%s", path);
	}
	fresh->domains_stat = st;
	*ret = fresh;
	return ERR_OK;
}

const struct conf_source *conf_source(const struct conf *c)
{
	return &c->source;
}

const struct conf_static *conf_static(const struct conf *c)
{
	return &c->st;
}

const struct conf_dynamic *conf_dynamic(const struct conf *c)
{
	return &c->dyn;
}

const char *const *conf_later(const struct conf *c, size_t *ret_n)
{
	*ret_n = c->later_n;
	return c->later;
}

bool conf_path(const struct conf *c, struct str path, struct buf *b)
{
	ssize_t slash = str_rchr(c->source.static_path, '/');

	if (path.n == 0 || path.p[0] != '/')
		buf_str_add(b, str_sub(c->source.static_path, 0, (size_t)(slash + 1)));
	buf_str_add(b, path);
	buf_char(b, '\0');
	return !buf_failed(b);
}
