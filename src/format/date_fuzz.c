#include "format/date.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is in range, and reads the same from what we write of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_AUTO b = BUF_INIT(100);
	struct date d, again;

	if (!date_parse(str_of(data, size), &d))
		return 0;
	assert(d.zone > -100 * 60 && d.zone < 100 * 60 && (d.zone_known || d.zone == 0));
	assert(d.unix_seconds > -2208988800 - 360000 && d.unix_seconds < 253402300800 + 360000);
	if (date_civil(d.unix_seconds + d.zone * 60).year > 9999)
		return 0; /* a leap second at the end of time */
	buf_date(&b, d.unix_seconds, d.zone);
	assert(date_parse(buf_str(&b), &again));
	assert(again.unix_seconds == d.unix_seconds && again.zone == d.zone && again.zone_known);
	return 0;
}
