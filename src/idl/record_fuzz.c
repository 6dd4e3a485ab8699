/* Whatever is read as a configuration file is written as one that reads the same: written again,
 * it is the same text. The first byte says which file. */
#include "idl/config.h"

#include <assert.h>

enum { MEMORY_MAX = 64 * 1024 * 1024 };

static bool read_and_write(struct arena *a, const struct idl_record *rec, struct str text,
			   struct buf *out)
{
	struct idl_reader r = {.arena = a, .file = "fuzz"};
	void *value = arena_alloc(a, rec->size);
	struct sconf_node *root;

	assert(value);
	if (err_failed(sconf_parse(a, "fuzz", text, &root)) ||
	    err_failed(idl_read(&r, rec, root, value)))
		return false;
	assert(err_is_ok(idl_tree(a, rec, value, &root)));
	assert(err_is_ok(sconf_write(root, out)));
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of(data, size);
	const struct idl_record *rec =
		size > 0 && data[0] == 's' ? &conf_static_record : &conf_dynamic_record;
	struct arena a;
	BUF_AUTO once = BUF_INIT(MEMORY_MAX);
	BUF_AUTO twice = BUF_INIT(MEMORY_MAX);

	if (size > 64 * 1024)
		return 0;
	arena_init(&a, MEMORY_MAX);
	if (read_and_write(&a, rec, str_from(s, 1), &once)) {
		assert(read_and_write(&a, rec, buf_str(&once), &twice));
		assert(str_eq(buf_str(&once), buf_str(&twice)));
	}
	arena_fini(&a);
	return 0;
}
