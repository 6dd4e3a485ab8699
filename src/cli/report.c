/* mox dmarc parsereportmsg, mox tlsrpt parsereportmsg, mox arf parsereportmsg. */
#include "cli/cli.h"
#include "cli/message.h"

#include "format/mime.h"
#include "format/report_arf.h"
#include "format/report_dmarc.h"
#include "format/report_message.h"
#include "format/report_tls.h"
#include "format/unpack.h"
#include <stdio.h>

enum { MESSAGE_MAX = 100 << 20, JSON_MAX = 128 << 20 };

/* A report of any kind, and how it is shown. */
struct parsed {
	union {
		struct report_dmarc dmarc;
		struct report_tls tls;
		struct report_arf arf;
	};
};

static struct err read_dmarc(const struct report_found *f, struct arena *a, struct parsed *ret)
{
	return report_dmarc_read(f->content, a, &ret->dmarc);
}

static struct err read_tls(const struct report_found *f, struct arena *a, struct parsed *ret)
{
	return report_tls_read(f->content, a, &ret->tls);
}

static struct err read_arf(const struct report_found *f, struct arena *a, struct parsed *ret)
{
	TRY(report_arf_read(f->content, a, &ret->arf));
	ret->arf.original_header = f->original_header;
	return ERR_OK;
}

static const struct {
	struct err (*read)(const struct report_found *f, struct arena *a, struct parsed *ret);
	const struct report_shape *shape;
} kinds[REPORT_KINDS] = {
	[REPORT_KIND_DMARC] = {read_dmarc, &report_dmarc_shape},
	[REPORT_KIND_TLS] = {read_tls, &report_tls_shape},
	[REPORT_KIND_ARF] = {read_arf, &report_arf_shape},
};

static struct err show(enum report_kind kind, const struct parsed *p)
{
	BUF_AUTO text = BUF_INIT(JSON_MAX);
	struct json j = json_of(&text);

	report_json(kinds[kind].shape, p, &j);
	if (buf_failed(&text))
		return err_make(ERR_LIMIT, "the report is too large to print");
	printf("%.*s\n", STR_ARG(buf_str(&text)));
	return ERR_OK;
}

static struct err parse(struct str file, enum report_kind kind, struct arena *a)
{
	BUF_AUTO content = BUF_INIT(UNPACK_MAX);
	struct report_found found;
	struct parsed p;

	TRY(report_message_find(file, a, &content, &found));
	if (found.kind != kind)
		return err_make(ERR_SYNTAX, "it is a %.*s, not a %.*s",
				STR_ARG(report_kind_name(found.kind)),
				STR_ARG(report_kind_name(kind)));
	TRY(kinds[kind].read(&found, a, &p));
	return show(kind, &p);
}

static struct err run(struct cli *c, enum report_kind kind)
{
	BUF_AUTO file = BUF_INIT(MESSAGE_MAX);
	struct arena a;

	TRY(cli_file_read(c->arg[0], &file));
	arena_init(&a, MIME_ARENA_MAX + REPORT_ARENA_MAX);
	struct err e = parse(buf_str(&file), kind, &a);

	arena_fini(&a);
	return err_add(e, "%s", c->arg[0]);
}

struct err cli_dmarc_parsereportmsg(struct cli *c)
{
	return run(c, REPORT_KIND_DMARC);
}

struct err cli_tlsrpt_parsereportmsg(struct cli *c)
{
	return run(c, REPORT_KIND_TLS);
}

struct err cli_arf_parsereportmsg(struct cli *c)
{
	return run(c, REPORT_KIND_ARF);
}
