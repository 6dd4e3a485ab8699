#include "role/promise.h"

#include "conf/conf.h"
#include "os/sandbox.h"
#include <stdio.h>

enum { PATHS_MAX = 4, PATH_BYTES = 2048 };

/* Paths are below the data folder; "" is all of it, "." the folder of the configuration. */
static const struct promise {
	enum msg_role_id role;
	struct sandbox_promise promise;
	struct {
		const char *path;
		unsigned access;
	} paths[PATHS_MAX];
} promises[] = {
	{MSG_ROLE_ID_SECRETS, {"secrets", 0}, {{"secrets", SANDBOX_WRITE}}},
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

static struct err path_make(struct role *r, const char *path, char to[PATH_BYTES])
{
	struct str config = folder_of(conf_source(r->conf)->static_path);
	int n = str_eq(str_z(path), STR("."))
			? snprintf(to, PATH_BYTES, "%.*s", STR_ARG(config))
			: snprintf(to, PATH_BYTES, "%s/%s", r->data_dir, path);

	return n < PATH_BYTES ? ERR_OK : err_make(ERR_LIMIT, "path too long: %s", r->data_dir);
}

struct err promise_take(struct role *r, struct buf *unenforced)
{
	const struct promise *p = promise_of(r->kind->id);
	struct sandbox_path paths[PATHS_MAX];
	char text[PATHS_MAX][PATH_BYTES];
	size_t n = 0;

	if (!p)
		return err_make(ERR_INTERNAL, "role %s has no promise", r->kind->name);
	for (; n < PATHS_MAX && p->paths[n].path; n++) {
		TRY(path_make(r, p->paths[n].path, text[n]));
		paths[n] = (struct sandbox_path){text[n], p->paths[n].access};
	}
	return err_add(sandbox_take(&p->promise, paths, n, unenforced), "promise of role %s",
		       r->kind->name);
}
