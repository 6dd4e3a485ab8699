#include "role/promise.h"

#include "conf/conf.h"
#include "os/sandbox.h"
#include <unistd.h>

enum {
	PATHS_MAX = 4,
	KEY_FOLDERS_MAX = 32, /* outside the configuration's; keys elsewhere are not found */
};

/* Paths are below the data folder; "" is all of it, "." the folder of the configuration. */
static const struct promise {
	enum msg_role_id role;
	struct sandbox_promise promise;
	struct {
		const char *path;
		unsigned access;
	} paths[PATHS_MAX];
	bool keys; /* may read the folders of DKIM's keys */
} promises[] = {
	{MSG_ROLE_ID_SECRETS, {"secrets", 0}, {{"secrets", SANDBOX_WRITE}}, true},
	{MSG_ROLE_ID_DNS, {"dns", SANDBOX_CONNECT}, {{"dns", SANDBOX_WRITE}}},
	{MSG_ROLE_ID_POST,
	 {"post", SANDBOX_ACCEPT},
	 {{"accounts", SANDBOX_WRITE}, {"tmp", SANDBOX_WRITE}, {".", SANDBOX_READ}}},
	{MSG_ROLE_ID_SMTP, {"smtp", SANDBOX_ACCEPT}, {{"tmp", SANDBOX_WRITE}}},
	{MSG_ROLE_ID_IMAP,
	 {"imap", SANDBOX_ACCEPT},
	 {{"accounts", SANDBOX_WRITE}, {"tmp", SANDBOX_WRITE}}},
};

static const struct promise *promise_of(enum msg_role_id id)
{
	for (size_t i = 0; i < ARRAY_LEN(promises); i++)
		if (promises[i].role == id)
			return &promises[i];
	return NULL;
}

/* The folder in which a file lies. */
static struct str folder_of(struct str path)
{
	ssize_t slash = str_rchr(path, '/');

	return slash < 0 ? STR(".") : str_sub(path, 0, slash ? (size_t)slash : 1);
}

struct paths {
	struct sandbox_path path[PATHS_MAX + KEY_FOLDERS_MAX];
	size_t n;
};

static struct err path_add(struct role *r, struct paths *p, struct str path, unsigned access)
{
	char *z = arena_strz(&r->arena, path);

	if (!z)
		return err_make(ERR_RESOURCES, "no memory for the promise");
	p->path[p->n++] = (struct sandbox_path){z, access};
	return ERR_OK;
}

static struct err row_paths(struct role *r, const struct promise *row, struct paths *p)
{
	for (size_t i = 0; i < PATHS_MAX && row->paths[i].path; i++) {
		const char *path = row->paths[i].path;
		struct str whole = str_eq(str_z(path), STR("."))
					   ? folder_of(conf_source(r->conf)->static_path)
					   : arena_printf(&r->arena, "%s/%s", r->data_dir, path);

		TRY(path_add(r, p, whole, row->paths[i].access));
	}
	return ERR_OK;
}

static struct err key_folder(struct role *r, struct paths *p, struct str file)
{
	BUF_AUTO path = BUF_INIT(4096);

	if (!conf_path(r->conf, file, &path))
		return ERR_OK;
	struct str folder = folder_of(str_z(path.p));

	for (size_t i = 0; i < p->n; i++)
		if (str_eq(str_z(p->path[i].path), folder))
			return ERR_OK;
	size_t n = p->n;

	if (n == ARRAY_LEN(p->path))
		return ERR_OK;
	TRY(path_add(r, p, folder, SANDBOX_READ));
	/* A folder that is not there is told of when the key is wanted. */
	if (access(p->path[n].path, R_OK) != 0)
		p->n = n;
	return ERR_OK;
}

/* Where the keys are that domains.conf names now, and where it may name others while the server
 * runs: the folder dkim beside mox.conf. Not the whole folder of the configuration: mail may be in
 * it. */
static struct err key_folders(struct role *r, struct paths *p)
{
	const struct conf_dynamic *d = conf_dynamic(r->conf);

	TRY(key_folder(r, p, STR("dkim/x")));

	for (size_t i = 0; i < d->domains_n; i++) {
		const struct conf_dkim *dkim = d->domains[i].dkim;

		for (size_t k = 0; dkim && k < dkim->selectors_n; k++)
			TRY(key_folder(r, p, dkim->selectors[k].private_key_file));
	}
	return ERR_OK;
}

struct err promise_take(struct role *r, struct buf *unenforced)
{
	const struct promise *row = promise_of(r->kind->id);
	struct paths p = {.n = 0};

	if (!row)
		return err_make(ERR_INTERNAL, "role %s has no promise", r->kind->name);
	TRY(row_paths(r, row, &p));
	if (row->keys)
		TRY(key_folders(r, &p));
	return err_add(sandbox_take(&row->promise, p.path, p.n, unenforced), "promise of role %s",
		       r->kind->name);
}
