#include "base/test.h"

#include "os/proxyproto.h"

#define SIG   "\r\n\r\n\0\r\nQUIT\n"
#define V4    "\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x01\x9c\x40\0\x19"
#define V6_16 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"

static void headers(void **state)
{
	static const struct {
		const char *name;
		struct str in;
		enum proxyproto_result want;
		size_t n;
		const char *peer, *local;
	} cases[] = {
		{"v1 tcp4", STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.1 40000 25\r\nEHLO"),
		 PROXYPROTO_DONE, 44, "192.0.2.1:40000", "198.51.100.1:25"},
		{"v1 tcp6", STR_INIT("PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n"), PROXYPROTO_DONE,
		 40, "[2001:db8::1]:1", "[2001:db8::2]:2"},
		{"v1 unknown", STR_INIT("PROXY UNKNOWN\r\n"), PROXYPROTO_DONE, 15, "", ""},
		{"v1 unknown with text", STR_INIT("PROXY UNKNOWN ff 1 2 3\r\n"), PROXYPROTO_DONE,
		 24, "", ""},
		{"v1 family differs", STR_INIT("PROXY TCP4 ::1 ::2 1 2\r\n"), PROXYPROTO_BAD, 0, "",
		 ""},
		{"v1 port", STR_INIT("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n"), PROXYPROTO_BAD, 0,
		 "", ""},
		{"v1 lone LF", STR_INIT("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n"), PROXYPROTO_MORE, 1, "",
		 ""},
		{"v1 two spaces", STR_INIT("PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n"), PROXYPROTO_BAD,
		 0, "", ""},
		{"v1 too long",
		 STR_INIT("PROXY UNKNOWN 1234567890123456789012345678901234567890123456789012345678"
			  "9012345678901234567890123456789012\r\n"),
		 PROXYPROTO_BAD, 0, "", ""},
		{"v1 longest",
		 STR_INIT("PROXY UNKNOWN 1234567890123456789012345678901234567890123456789012345678"
			  "901234567890123456789012345678901\r\n"),
		 PROXYPROTO_DONE, 107, "", ""},
		{"not a header", STR_INIT("EHLO x\r\n"), PROXYPROTO_BAD, 0, "", ""},
		{"nothing yet", STR_INIT(""), PROXYPROTO_MORE, 12, "", ""},
		{"v2 begins", STR_INIT("\r\n\r"), PROXYPROTO_MORE, 9, "", ""},
		{"v2 head", STR_INIT(SIG), PROXYPROTO_MORE, 4, "", ""},
		{"v2 tcp4", STR_INIT(SIG V4 "more"), PROXYPROTO_DONE, 28, "192.0.2.1:40000",
		 "198.51.100.1:25"},
		{"v2 tcp6", STR_INIT(SIG "\x21\x21\0\x24" V6_16 V6_16 "\0\x01\0\x02"),
		 PROXYPROTO_DONE, 52, "[2001:db8::1]:1", "[2001:db8::1]:2"},
		{"v2 local", STR_INIT(SIG "\x20\0\0\0"), PROXYPROTO_DONE, 16, "", ""},
		{"v2 with TLV",
		 STR_INIT(SIG "\x21\x11\0\x10\xc0\0\x02\x01\xc6\x33\x64\x01\x9c\x40\0\x19\x04\0\x01"
			      "x"),
		 PROXYPROTO_DONE, 32, "192.0.2.1:40000", "198.51.100.1:25"},
		{"v2 short address", STR_INIT(SIG "\x21\x11\0\x04\xc0\0\x02\x01"), PROXYPROTO_BAD,
		 0, "", ""},
		{"v2 version", STR_INIT(SIG "\x31\x11\0\0"), PROXYPROTO_BAD, 0, "", ""},
		{"v2 length", STR_INIT(SIG "\x21\x11\xff\xff"), PROXYPROTO_BAD, 0, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct proxyproto p;
		char text[ADDR_TEXT_MAX];

		if (proxyproto_read(cases[i].in, &p) != cases[i].want)
			fail_msg("%s", cases[i].name);
		if (cases[i].want == PROXYPROTO_BAD)
			continue;
		if (p.n != cases[i].n)
			fail_msg("%s: %zu", cases[i].name, p.n);
		assert_str(cases[i].name, addr_text(&p.peer, text), str_z(cases[i].peer));
		assert_str(cases[i].name, addr_text(&p.local, text), str_z(cases[i].local));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
