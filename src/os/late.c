#include "os/late.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of os/late_x86_64.S, which describes them; a program linked with its libraries has none. */
extern void *late_slots[] __attribute__((weak));
extern void *late_slots_end[] __attribute__((weak));
extern const char late_names[] __attribute__((weak));

/* For the stubs: loads the library of the slot, or ends the program. */
void late_first_call(void **slot);

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

struct library {
	const char *name, *file, *functions;
	void **slot; /* of the first of its functions */
	size_t n;
};

static const char *next(const char *name)
{
	return name + strlen(name) + 1;
}

/* Steps to the next library; the first is behind one that is all zero. */
static bool library_next(struct library *l)
{
	const char *at = l->functions ? l->functions : late_names;
	void **slot = l->functions ? l->slot + l->n : late_slots;

	for (size_t i = 0; i < l->n; i++)
		at = next(at);
	at = next(at);
	if (!*at)
		return false;
	*l = (struct library){.name = at, .file = next(at), .slot = slot};
	l->functions = next(l->file);
	for (at = l->functions; *at; at = next(at))
		l->n++;
	return true;
}

static struct err slots_protect(int prot)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t bytes = (size_t)((char *)late_slots_end - (char *)late_slots);

	if (mprotect(late_slots, (bytes + page - 1) / page * page, prot) != 0)
		return err_errno("table of libraries");
	return ERR_OK;
}

static struct err slots_fill(const struct library *l, void *handle)
{
	const char *function = l->functions;

	for (size_t i = 0; i < l->n; i++, function = next(function)) {
		void *address = dlsym(handle, function);

		if (!address)
			return err_make(ERR_UNSUPPORTED, "%s has no %s", l->file, function);
		/* Other threads may jump through it. */
		__atomic_store_n(&l->slot[i], address, __ATOMIC_RELEASE);
	}
	return ERR_OK;
}

/* It stays loaded. A second time changes nothing. */
static struct err library_load(const struct library *l)
{
	void *handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return err_make(ERR_UNSUPPORTED, "library %s cannot be loaded: %s", l->name,
				dlerror());
	TRY(slots_protect(PROT_READ | PROT_WRITE));
	struct err e = slots_fill(l, handle);

	TRY(slots_protect(PROT_READ));
	return e;
}

static struct err load(const struct library *l)
{
	pthread_mutex_lock(&loading);
	struct err e = library_load(l);

	pthread_mutex_unlock(&loading);
	return e;
}

struct err late_load(const char *library)
{
	struct library l = {0};

	if (!late_names)
		return ERR_OK;
	while (library_next(&l))
		if (strcmp(l.name, library) == 0)
			return load(&l);
	return err_make(ERR_INTERNAL, "there is no late library %s", library);
}

void late_first_call(void **slot)
{
	struct library l = {0};

	while (library_next(&l) && slot >= l.slot + l.n)
		;
	struct err e = load(&l);

	if (err_is_ok(e))
		return;
	fprintf(stderr, "mox: %.*s\n", STR_ARG(err_text(e)));
	abort();
}
