#include "verify/fields.h"

#include "format/header.h"
#include "verify/taglist.h"
#include <openssl/evp.h>
#include <stdlib.h>

/* Fields are named by their index plus one; 0 is none. */
struct fields_name {
	struct str name;
	uint32_t last;  /* its last field in the section */
	uint32_t next;  /* in this round of selection: the next to take */
	uint32_t count; /* its fields */
	size_t round;
};

struct fields_at {
	size_t from, to;
	uint32_t above; /* the field of the same name before it */
};

void fields_init(struct fields *f, struct str section, struct arena *arena)
{
	*f = (struct fields){.arena = arena, .section = section};
}

struct err fields_want(struct fields *f, struct str names)
{
	struct str name;

	while (taglist_next(&names, ':', &name)) {
		struct fields_name *to = ARENA_GROW(f->arena, f->name, f->names);

		if (!to)
			return err_make(ERR_LIMIT, "no memory for names of signed fields");
		f->name = to;
		to[f->names++] = (struct fields_name){.name = name};
	}
	return ERR_OK;
}

static int name_order(const void *a, const void *b)
{
	const struct fields_name *x = a, *y = b;

	return str_cmp_nocase(x->name, y->name);
}

static void names_sort(struct fields *f)
{
	size_t n = 0;

	if (f->names)
		qsort(f->name, f->names, sizeof(*f->name), name_order);
	for (size_t i = 0; i < f->names; i++)
		if (n == 0 || !str_eq_nocase(f->name[n - 1].name, f->name[i].name))
			f->name[n++] = f->name[i];
	f->names = n;
}

static struct fields_name *name_find(struct fields *f, struct str name)
{
	size_t low = 0, high = f->names;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = str_cmp_nocase(name, f->name[mid].name);

		f->steps++;
		if (order == 0)
			return &f->name[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static struct err field_add(struct fields *f, struct fields_name *name,
			    const struct header_field *field)
{
	if (f->n == FIELDS_MAX)
		return err_make(ERR_LIMIT, "more than %d header fields of signed names",
				FIELDS_MAX);
	struct fields_at *to = ARENA_GROW(f->arena, f->field, f->n);

	if (!to)
		return err_make(ERR_LIMIT, "no memory for header fields");
	f->field = to;
	to[f->n++] = (struct fields_at){field->from, field->to, name->last};
	name->last = (uint32_t)f->n;
	name->count++;
	return ERR_OK;
}

struct err fields_index(struct fields *f)
{
	struct header_iter it = header_iter_of(f->section);
	struct header_field field;

	names_sort(f);
	while (header_next(&it, &field)) {
		struct fields_name *name = name_find(f, field.name);

		f->steps++;
		if (name)
			TRY(field_add(f, name, &field));
	}
	return ERR_OK;
}

size_t fields_count(struct fields *f, struct str name)
{
	const struct fields_name *n = name_find(f, name);

	return n ? n->count : 0;
}

static void hash_put(void *arg, struct str piece)
{
	struct fields_hash *h = arg;

	h->failed = h->failed || EVP_DigestUpdate(h->ctx, piece.p, piece.n) != 1;
}

void fields_hash_begin(struct fields_hash *h, enum canon c)
{
	h->ctx = EVP_MD_CTX_new();
	h->canon = c;
	h->failed = !h->ctx || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1;
	h->sink.put = hash_put;
	h->sink.arg = h;
	h->sink.n = 0;
}

void fields_hash_add(struct fields_hash *h, struct str field)
{
	canon_field(&h->sink, h->canon, field, STR(""));
	canon_put(&h->sink, STR("\r\n"));
}

/* The field that this occurrence of the name in h= means, as an index plus one; 0: there are no
 * more (RFC 6376 §5.4: treated as the null string). */
static uint32_t field_next(struct fields *f, struct str name, size_t self)
{
	struct fields_name *n = name_find(f, name);

	if (!n)
		return 0;
	if (n->round != f->round) {
		n->round = f->round;
		n->next = n->last;
	}
	/* RFC 6376 §3.5: h= never means the signature itself. */
	if (n->next && f->field[n->next - 1].from == self)
		n->next = f->field[n->next - 1].above;
	uint32_t at = n->next;

	if (at)
		n->next = f->field[at - 1].above;
	return at;
}

void fields_hash_select(struct fields_hash *h, struct fields *f, struct str names, size_t self)
{
	struct str name;

	f->round++;
	while (taglist_next(&names, ':', &name)) {
		uint32_t at = field_next(f, name, self);

		if (at)
			fields_hash_add(
				h, str_sub(f->section, f->field[at - 1].from, f->field[at - 1].to));
	}
}

struct err fields_hash_peek(struct fields_hash *h, struct str field, struct str cut,
			    uint8_t ret[32])
{
	struct fields_hash copy;

	canon_flush(&h->sink);
	fields_hash_begin(&copy, h->canon);
	copy.failed = copy.failed || h->failed || EVP_MD_CTX_copy_ex(copy.ctx, h->ctx) != 1;
	return fields_hash_end(&copy, field, cut, ret);
}

struct err fields_hash_end(struct fields_hash *h, struct str field, struct str cut, uint8_t ret[32])
{
	canon_field(&h->sink, h->canon, field, cut);
	canon_flush(&h->sink);
	h->failed = h->failed || EVP_DigestFinal_ex(h->ctx, ret, NULL) != 1;
	fields_hash_free(h);
	return h->failed ? err_make(ERR_RESOURCES, "cannot hash header fields") : ERR_OK;
}

void fields_hash_free(struct fields_hash *h)
{
	EVP_MD_CTX_free(h->ctx);
	h->ctx = NULL;
}
