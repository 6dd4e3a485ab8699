#include "sasl/sasl.h"

#include "base/utf8.h"

/* Both are text without NUL; RFC 4616 §2 wants UTF-8, one octet at least. */
static bool is_value(struct str s)
{
	return s.n > 0 && s.n <= SASL_VALUE_MAX && str_chr(s, '\0') < 0 && utf8_valid(s);
}

static enum sasl_verdict user_set(struct sasl_server *s, struct str user)
{
	if (!is_value(user))
		return SASL_MALFORMED;
	buf_str_add(&s->user, user);
	return SASL_CHALLENGE;
}

static enum sasl_verdict password_set(struct sasl_server *s, struct str password)
{
	if (!is_value(password) || !secret_set(&s->password, password))
		return SASL_MALFORMED;
	return SASL_CREDENTIALS;
}

/* RFC 4616 §2: [authzid] NUL authcid NUL passwd. */
static enum sasl_verdict plain_step(struct sasl_server *s, struct str response,
				    struct str *ret_challenge)
{
	struct str authzid, rest, user, password;

	if (!str_cut(response, '\0', &authzid, &rest) || !str_cut(rest, '\0', &user, &password))
		return SASL_MALFORMED;
	if (user_set(s, user) == SASL_MALFORMED)
		return SASL_MALFORMED;
	if (authzid.n > 0 && !str_eq(authzid, user))
		return SASL_AUTHZID;
	return password_set(s, password);
}

/* draft-murchison-sasl-login-00; some clients send the user name with the command. */
static enum sasl_verdict login_step(struct sasl_server *s, struct str response,
				    struct str *ret_challenge)
{
	if (s->steps > 1)
		return password_set(s, response);
	*ret_challenge = STR("Password:");
	return user_set(s, response);
}

static const struct sasl_mech mechs[] = {
	{.name = STR_INIT("PLAIN"), .plaintext = true, .initial = true, .step = plain_step},
	{.name = STR_INIT("LOGIN"),
	 .plaintext = true,
	 .initial = true,
	 .step = login_step,
	 .first_challenge = STR_INIT("Username:")},
};

const struct sasl_mech *sasl_mech_at(size_t i)
{
	return i < ARRAY_LEN(mechs) ? &mechs[i] : NULL;
}

const struct sasl_mech *sasl_mech_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(mechs); i++)
		if (str_eq_nocase(name, mechs[i].name))
			return &mechs[i];
	return NULL;
}

void sasl_server_init(struct sasl_server *s, const struct sasl_mech *mech)
{
	*s = (struct sasl_server){.mech = mech, .user = BUF_INIT(SASL_VALUE_MAX)};
}

void sasl_server_fini(struct sasl_server *s)
{
	buf_fini(&s->user);
	secret_fini(&s->password);
	*s = (struct sasl_server){0};
}

enum sasl_verdict sasl_server_step(struct sasl_server *s, struct str response,
				   struct str *ret_challenge)
{
	s->steps++;
	return s->mech->step(s, response, ret_challenge);
}
