#include "base/secret.h"

#include <stdlib.h>

struct secret_bytes {
	size_t n;
	char p[];
};

void secret_wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}

void secret_fini(struct secret *s)
{
	if (s->bytes)
		secret_wipe(s->bytes->p, s->bytes->n);
	free(s->bytes);
	s->bytes = NULL;
}

bool secret_set(struct secret *s, struct str v)
{
	struct secret_bytes *bytes = malloc(sizeof(*bytes) + v.n);

	if (bytes) {
		bytes->n = v.n;
		if (v.n)
			memcpy(bytes->p, v.p, v.n);
	}
	secret_fini(s);
	s->bytes = bytes;
	return bytes != NULL;
}

struct str secret_view(const struct secret *s)
{
	return s->bytes ? str_of(s->bytes->p, s->bytes->n) : STR("");
}

bool secret_eq(const struct secret *s, struct str v)
{
	return s->bytes && str_eq_secret(secret_view(s), v);
}
