/* mox config test, describe-static, describe-domains. */
#include "cli/config.h"

#include "conf/conf.h"
#include "idl/config.h"
#include "idl/describe.h"
#include <stdio.h>
#include <stdlib.h>

enum { DESCRIPTION_MAX = 4 << 20 };

const char *cli_config_path(const struct cli *c)
{
	const char *path = cli_flag(c, "config"), *env = getenv("MOXCONF");

	return path ? path : env && env[0] ? env : "config/mox.conf";
}

struct err cli_config_test(struct cli *c)
{
	BUF_AUTO problems = BUF_INIT(1 << 20);
	struct conf *conf;
	struct err e = conf_load(cli_config_path(c), 1, false, &problems, &conf);

	if (err_failed(e)) {
		fprintf(stderr, "%.*s", STR_ARG(buf_str(&problems)));
		return e;
	}
	conf_unref(conf);
	printf("config OK\n");
	return ERR_OK;
}

static struct err describe(const struct idl_record *record)
{
	BUF_AUTO text = BUF_INIT(DESCRIPTION_MAX);

	idl_describe(record, &text);
	if (buf_failed(&text))
		return err_make(ERR_LIMIT, "the description is too long");
	printf("%.*s", STR_ARG(buf_str(&text)));
	return ERR_OK;
}

struct err cli_config_describe_static(struct cli *c)
{
	(void)c;
	return describe(&conf_static_record);
}

struct err cli_config_describe_domains(struct cli *c)
{
	(void)c;
	return describe(&conf_dynamic_record);
}
