/* unbound_config: the configuration of libunbound, made of our options. For dns/unbound alone. */
#ifndef MOX_DNS_UNBOUND_CONFIG_H
#define MOX_DNS_UNBOUND_CONFIG_H

#include "dns/unbound.h"

struct ub_ctx;

/* Checks the options and gives them to a context that is not final yet. */
struct err dns_unbound_configure(const struct dns_unbound_opts *opts, struct ub_ctx *ctx);

#endif
