/* smtp_internal: what the files of the smtp role share. */
#ifndef MOX_ROLE_SMTP_INTERNAL_H
#define MOX_ROLE_SMTP_INTERNAL_H

#include "role/role.h"
#include "role/serve.h"
#include "smtpd/smtpd.h"

struct smtp_role {
	struct role *role;
	struct serve_limits limits;
	struct serve_tls tls;
	struct smtpd_env env;
	struct receivedid id;
	int tmp;
	_Atomic int64_t dns_silent_until; /* localserve: nobody is asked before; monotonic ns */
	struct smtpd_service *services;   /* one for each listener */
};

/* Of struct smtpd_env; arg is a struct smtp_role. */
void smtp_env_lookup(void *arg, struct smtpd_lookup *l, const struct dns_question *q, size_t n,
		     int64_t deadline);
struct err smtp_env_sign(void *arg, void *config, const struct smtpd_signing *what,
			 struct buf *ret);
void smtp_env_deliver(void *arg, void *config, struct smtpd_call *call,
		      const struct smtpd_message *m);

#endif
