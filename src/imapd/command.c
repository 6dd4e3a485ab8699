#include "imapd/command.h"

/* clang-format off */
static const struct imapd_command commands[] = {
	{STR_INIT("APPEND"), IMAPD_LOGGED_IN, imapd_cmd_append,
	 .literal = imapd_cmd_append_literal,                                  .rfc = "RFC 9051 §6.3.12"},
	{STR_INIT("AUTHENTICATE"), IMAPD_STRANGER, imapd_cmd_authenticate,
	 .secret = true,                                                       .rfc = "RFC 9051 §6.2.2"},
	{STR_INIT("CAPABILITY"), IMAPD_ANY, imapd_cmd_capability,              .rfc = "RFC 9051 §6.1.1"},
	{STR_INIT("CHECK"), IMAPD_SELECTED, imapd_cmd_noop,                    .rfc = "RFC 3501 §6.4.1"},
	{STR_INIT("CLOSE"), IMAPD_SELECTED, imapd_cmd_close,                   .rfc = "RFC 9051 §6.4.1"},
	{STR_INIT("COMPRESS"), IMAPD_LOGGED_IN, imapd_cmd_compress,            .rfc = "RFC 4978 §3"},
	{STR_INIT("COPY"), IMAPD_SELECTED, imapd_cmd_copy, .uid = true,        .rfc = "RFC 9051 §6.4.7"},
	{STR_INIT("CREATE"), IMAPD_LOGGED_IN, imapd_cmd_create,                .rfc = "RFC 9051 §6.3.4"},
	{STR_INIT("DELETE"), IMAPD_LOGGED_IN, imapd_cmd_delete,                .rfc = "RFC 9051 §6.3.5"},
	{STR_INIT("ENABLE"), IMAPD_LOGGED_IN, imapd_cmd_enable,                .rfc = "RFC 9051 §6.3.1"},
	{STR_INIT("EXAMINE"), IMAPD_LOGGED_IN, imapd_cmd_examine,              .rfc = "RFC 9051 §6.3.3"},
	{STR_INIT("EXPUNGE"), IMAPD_SELECTED, imapd_cmd_expunge, .uid = true,  .rfc = "RFC 9051 §6.4.3"},
	{STR_INIT("FETCH"), IMAPD_SELECTED, imapd_cmd_fetch, .uid = true,
	 .keeps_seqs = true,                                                   .rfc = "RFC 9051 §6.4.5"},
	{STR_INIT("ID"), IMAPD_ANY, imapd_cmd_id,                              .rfc = "RFC 2971 §3.1"},
	{STR_INIT("IDLE"), IMAPD_LOGGED_IN, imapd_cmd_idle,                    .rfc = "RFC 9051 §6.3.13"},
	{STR_INIT("LIST"), IMAPD_LOGGED_IN, imapd_cmd_list,                    .rfc = "RFC 9051 §6.3.9"},
	{STR_INIT("LOGIN"), IMAPD_STRANGER, imapd_cmd_login, .secret = true,   .rfc = "RFC 9051 §6.2.3"},
	{STR_INIT("LOGOUT"), IMAPD_ANY, imapd_cmd_logout,                      .rfc = "RFC 9051 §6.1.3"},
	{STR_INIT("LSUB"), IMAPD_LOGGED_IN, imapd_cmd_lsub,                    .rfc = "RFC 3501 §6.3.9"},
	{STR_INIT("MOVE"), IMAPD_SELECTED, imapd_cmd_move, .uid = true,        .rfc = "RFC 9051 §6.4.8"},
	{STR_INIT("NAMESPACE"), IMAPD_LOGGED_IN, imapd_cmd_namespace,          .rfc = "RFC 9051 §6.3.10"},
	{STR_INIT("NOOP"), IMAPD_ANY, imapd_cmd_noop,                          .rfc = "RFC 9051 §6.1.2"},
	{STR_INIT("RENAME"), IMAPD_LOGGED_IN, imapd_cmd_rename,                .rfc = "RFC 9051 §6.3.6"},
	{STR_INIT("SEARCH"), IMAPD_SELECTED, imapd_cmd_search, .uid = true,
	 .keeps_seqs = true,                                                   .rfc = "RFC 9051 §6.4.4"},
	{STR_INIT("SELECT"), IMAPD_LOGGED_IN, imapd_cmd_select,                .rfc = "RFC 9051 §6.3.2"},
	{STR_INIT("STARTTLS"), IMAPD_STRANGER, imapd_cmd_starttls,             .rfc = "RFC 9051 §6.2.1"},
	{STR_INIT("STATUS"), IMAPD_LOGGED_IN, imapd_cmd_status,                .rfc = "RFC 9051 §6.3.11"},
	{STR_INIT("STORE"), IMAPD_SELECTED, imapd_cmd_store, .uid = true,
	 .keeps_seqs = true,                                                   .rfc = "RFC 9051 §6.4.6"},
	{STR_INIT("SUBSCRIBE"), IMAPD_LOGGED_IN, imapd_cmd_subscribe,          .rfc = "RFC 9051 §6.3.7"},
	{STR_INIT("UNSELECT"), IMAPD_SELECTED, imapd_cmd_unselect,             .rfc = "RFC 9051 §6.4.2"},
	{STR_INIT("UNSUBSCRIBE"), IMAPD_LOGGED_IN, imapd_cmd_unsubscribe,      .rfc = "RFC 9051 §6.3.8"},
};
/* clang-format on */

const struct imapd_command *imapd_command_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (str_eq_nocase(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}
