/* Any message has a report or none; one that was found is read or refused. */
#include "format/report_message.h"

#include "format/mime.h"
#include "format/report_arf.h"
#include "format/report_dmarc.h"
#include "format/report_tls.h"
#include "format/unpack.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_found(const struct report_found *f, struct arena *a)
{
	struct report_dmarc dmarc;
	struct report_tls tls;
	struct report_arf arf;

	switch (f->kind) {
	case REPORT_KIND_DMARC:
		err_ignore(report_dmarc_read(f->content, a, &dmarc), "either will do");
		break;
	case REPORT_KIND_TLS:
		err_ignore(report_tls_read(f->content, a, &tls), "either will do");
		break;
	case REPORT_KIND_ARF:
		err_ignore(report_arf_read(f->content, a, &arf), "either will do");
		break;
	case REPORT_KINDS: assert(!"no kind");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_AUTO content = BUF_INIT(UNPACK_MAX);
	struct report_found found;
	struct arena a;

	arena_init(&a, MIME_ARENA_MAX + REPORT_ARENA_MAX);
	struct err e = report_message_find(str_of(data, size), &a, &content, &found);

	if (err_is_ok(e))
		read_found(&found, &a);
	arena_fini(&a);
	return 0;
}
