#include "format/jsonread.h"

#include "base/rand.h"
#include <pthread.h>

/* Left to itself the library would want to open /dev/urandom, which roles may not. */
static void seed(void)
{
	json_object_seed((size_t)rand_u64(rand_system()) | 1);
}

/* The offset behind the string that begins at `at`. */
static size_t string_end(struct str s, size_t at)
{
	for (at++; at < s.n && s.p[at] != '"'; at++)
		if (s.p[at] == '\\')
			at++;
	return at + 1;
}

/* Counts what the parser will make, before it does; whether it is JSON is the parser's to say. */
static struct err limits_check(struct str s)
{
	unsigned values = 1, levels = 0;

	for (size_t i = 0; i < s.n;) {
		char c = s.p[i];

		values += c == ',' || c == ':' || c == '{' || c == '[';
		if ((c == '{' || c == '[') && levels++ == JSONREAD_LEVELS_MAX)
			return err_make(ERR_LIMIT, "JSON is nested deeper than %d",
					JSONREAD_LEVELS_MAX);
		if ((c == '}' || c == ']') && levels)
			levels--;
		if (values > JSONREAD_VALUES_MAX)
			return err_make(ERR_LIMIT, "JSON has more than %d values",
					JSONREAD_VALUES_MAX);
		i = c == '"' ? string_end(s, i) : i + 1;
	}
	return ERR_OK;
}

struct err jsonread(struct str s, json_t **ret)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	json_error_t error;

	pthread_once(&once, seed);
	if (s.n > JSONREAD_SIZE_MAX)
		return err_make(ERR_TOO_BIG, "JSON of more than %d bytes", JSONREAD_SIZE_MAX);
	if (str_starts(s, STR("\xef\xbb\xbf")))
		s = str_from(s, 3);
	TRY(limits_check(s));
	*ret = json_loadb(s.n ? s.p : "", s.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!*ret)
		return err_make(ERR_SYNTAX, "JSON line %d column %d: %s", error.line, error.column,
				error.text);
	return ERR_OK;
}
