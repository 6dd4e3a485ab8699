#include "imapd/user.h"

#include <stdlib.h>

struct err imapd_user_new(struct imapd *s, struct str account)
{
	struct imapd_user *u = calloc(1, sizeof(*u));

	if (!u || account.n > IMAPD_ACCOUNT_MAX) {
		free(u);
		return err_make(ERR_RESOURCES, "no memory for a user");
	}
	memcpy(u->name, account.p, account.n);
	struct err e = s->env->open(s->env->arg, account, &u->acc);

	if (err_failed(e)) {
		free(u);
		return err_add(e, "open account %.*s", STR_ARG(account));
	}
	s->user = u;
	if (s->env->watch)
		s->env->watch(s->env->arg, &s->base, account);
	return ERR_OK;
}

void imapd_user_free(struct imapd *s)
{
	if (!s->user)
		return;
	if (s->env->unwatch)
		s->env->unwatch(s->env->arg, &s->base);
	imapd_view_close(s);
	account_close(s->user->acc);
	free(s->user);
	s->user = NULL;
}
