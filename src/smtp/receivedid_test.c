#include "base/test.h"

#include "smtp/receivedid.h"

static void round_trip(void **state)
{
	static const uint64_t cids[] = {0, 1, 0x1f03, UINT64_MAX};
	struct receivedid r;

	(void)state;
	assert_ok(receivedid_init(&r, STR("0123456789abcdefRANDOM!!")));
	for (size_t i = 0; i < ARRAY_LEN(cids); i++) {
		char text[RECEIVEDID_TEXT];
		uint64_t cid = 42;
		struct str id = receivedid_encode(&r, cids[i], text);

		assert_int_equal(id.n, RECEIVEDID_TEXT);
		assert_true(receivedid_decode(&r, id, &cid));
		assert_true(cid == cids[i]);
		text[0] ^= 1;
		assert_false(receivedid_decode(&r, id, &cid));
	}
	assert_false(receivedid_decode(&r, STR("short"), &(uint64_t){0}));
	assert_err(receivedid_init(&r, STR("short")), ERR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
