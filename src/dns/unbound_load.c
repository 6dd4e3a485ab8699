#include "dns/unbound_load.h"

#include <dlfcn.h>
#include <pthread.h>

#define LIBRARY "libunbound.so.8"

#define UNBOUND_ROW(name) {"ub_" #name, offsetof(struct unbound_functions, name)},
static const struct {
	const char *name;
	size_t offset;
} rows[] = {UNBOUND_FUNCTIONS(UNBOUND_ROW)};
#undef UNBOUND_ROW

/* Written once, by load. */
static struct unbound_functions functions;
static const char *missing;

static void load(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		missing = LIBRARY;
	for (size_t i = 0; !missing && i < ARRAY_LEN(rows); i++) {
		void *function = dlsym(library, rows[i].name);

		if (!function)
			missing = rows[i].name;
		memcpy((char *)&functions + rows[i].offset, &function, sizeof(function));
	}
}

struct err unbound_load(const struct unbound_functions **ret)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	if (missing)
		return err_make(ERR_UNSUPPORTED, "DNS resolver: there is no %s", missing);
	*ret = &functions;
	return ERR_OK;
}
