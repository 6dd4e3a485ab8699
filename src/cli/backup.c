/* mox backup: a copy of the data folder. */
#include "cli/cli.h"

#include "store/backup.h"
#include <stdio.h>

struct err cli_backup(struct cli *c)
{
	struct backup_report r;

	TRY(data_backup(c->arg[0], c->arg[1], &r));
	printf("%llu databases, %llu files linked, %llu copied\n", r.databases, r.linked, r.copied);
	return ERR_OK;
}
