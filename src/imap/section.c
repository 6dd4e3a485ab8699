#include "imap/section.h"

#include "format/header.h"

static bool listed(const struct imap_section *s, struct str name)
{
	for (size_t i = 0; i < s->field_n; i++) {
		if (str_eq_nocase(s->fields[i], name))
			return true;
	}
	return false;
}

void buf_imap_header_fields(struct buf *b, struct str header, const struct imap_section *s)
{
	struct header_iter it = header_iter_of(header);
	struct header_field f;
	bool want = s->text == IMAP_SECTION_FIELDS;

	while (header_next(&it, &f)) {
		if (listed(s, f.name) == want)
			buf_str_add(b, str_sub(header, f.from, f.to));
	}
	buf_str_add(b, STR("\r\n"));
}

void imap_partial(const struct imap_fetch_att *att, uint64_t n, uint64_t *ret_at, uint64_t *ret_n)
{
	uint64_t at = att->partial && att->offset < n ? att->offset : att->partial ? n : 0;
	uint64_t left = n - at;

	*ret_at = at;
	*ret_n = att->partial && att->count < left ? att->count : left;
}
