/* Plays the dialogues of test/data/imapd-dialogues, all at once and byte by byte.
 *
 *	# comment; "# stranger" has session 1 not logged in
 *	C: a NOOP            session 1 sends a line, with CRLF
 *	S: a OK done         it gets exactly this, nothing more
 *	2C:, 2S:             the same for session 2, which has logged in
 *	W:                   session 1 is woken, as by the account's counter
 */
#include "imapd/testing.h"

struct play {
	struct imapd_testing t;
	struct session_mem *m[2];
	struct buf want[2], got[2];
	const char *file;
	int line;
};

static void collect(struct play *p)
{
	for (int k = 0; k < 2; k++)
		buf_str_add(&p->got[k], session_mem_out(p->m[k]));
}

/* All that was expected so far has come, and nothing else. */
static void check(struct play *p)
{
	for (int k = 0; k < 2; k++) {
		BUF_AUTO name = BUF_INIT(4096);

		buf_printf(&name, "%s, session %d, before line %d%c", p->file, k + 1, p->line, 0);
		assert_str(name.p, buf_str(&p->got[k]), buf_str(&p->want[k]));
		buf_clear(&p->got[k]);
		buf_clear(&p->want[k]);
	}
}

static void line_play(struct play *p, struct str line)
{
	int k = line.n && line.p[0] == '2';
	BUF_AUTO sent = BUF_INIT(1 << 20);

	if (k)
		line = str_from(line, 1);
	if (line.n == 0 || line.p[0] == '#')
		return;
	struct str text = str_from(line, 3);

	buf_strs(&sent, text, STR("\r\n"));
	if (str_starts(line, STR("S:"))) {
		buf_str_add(&p->want[k], buf_str(&sent));
		return;
	}
	check(p);
	if (str_starts(line, STR("W:"))) {
		session_wake(session_mem_session(p->m[0]));
		session_mem_run(p->m[0]);
	} else {
		assert_true(str_starts(line, STR("C:")));
		session_mem_feed(p->m[k], buf_str(&sent));
	}
	collect(p);
}

static void file_play(const char *file, struct str text, size_t chunk)
{
	struct play p = {.file = file};
	struct str line, rest = text;

	imapd_testing_begin(&p.t);
	p.m[0] = str_starts(text, STR("# stranger")) ? imapd_testing_connect(&p.t, chunk)
						     : imapd_testing_user(&p.t, chunk);
	p.m[1] = imapd_testing_user(&p.t, chunk);
	for (int k = 0; k < 2; k++) {
		p.want[k] = BUF_INIT(1 << 20);
		p.got[k] = BUF_INIT(1 << 20);
	}
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		p.line++;
		line_play(&p, line);
	}
	check(&p);
	for (int k = 0; k < 2; k++) {
		buf_fini(&p.want[k]);
		buf_fini(&p.got[k]);
		session_mem_free(p.m[k]);
	}
	imapd_testing_end(&p.t);
}

static void test_dialogues(void **state)
{
	BUF_AUTO dir = BUF_INIT(4096);
	struct dirent *e;
	int files = 0;

	(void)state;
	buf_printf(&dir, "%s/test/data/imapd-dialogues%c", getenv("MOX_SOURCE_ROOT"), 0);
	DIR *d = opendir(dir.p);

	assert_non_null(d);
	while ((e = readdir(d))) {
		BUF_AUTO text = BUF_INIT(1 << 20);

		if (!str_ends(str_z(e->d_name), STR(".txt")))
			continue;
		assert_ok(file_read(dirfd(d), e->d_name, &text));
		file_play(e->d_name, buf_str(&text), 0);
		file_play(e->d_name, buf_str(&text), 1);
		files++;
	}
	closedir(d);
	assert_true(files > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
