/* config: which configuration a command means. */
#ifndef MOX_CLI_CONFIG_H
#define MOX_CLI_CONFIG_H

#include "cli/cli.h"

/* The flag -config, else $MOXCONF, else config/mox.conf. */
const char *cli_config_path(const struct cli *c);

#endif
