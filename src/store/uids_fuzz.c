/* A packed set that is accepted is packed again to the same bytes. */
#include "store/uids.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	UIDS_AUTO u = {0};
	UIDS_AUTO again = {0};
	BUF_AUTO b = BUF_INIT(1 << 20);

	if (size > 100000 || err_failed(uids_unpack(str_of(data, size), &u)))
		return 0;
	for (size_t i = 0; i < u.n; i++) {
		assert(u.r[i].first > 0 && u.r[i].first <= u.r[i].last);
		assert(i == 0 || u.r[i].first > u.r[i - 1].last + 1);
	}
	uids_pack(&u, &b);
	assert(err_is_ok(uids_unpack(buf_str(&b), &again)));
	assert(again.n == u.n && uids_count(&again) == uids_count(&u));
	return 0;
}
