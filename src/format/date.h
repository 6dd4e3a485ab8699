/* date: the date and time of header fields (RFC 5322 §3.3, obsolete forms §4.3), of RFC 3339, and
 * the calendar arithmetic under them (proleptic Gregorian, no locale, no time zone database).
 *
 * date_parse also reads what mail programs write instead: month before day, asctime's order,
 * hyphens between the parts, no seconds, fractions, 12-hour clocks, ISO 8601, `GMT+0200`, no zone
 * at all. What does not exist (30 February, 25:00) is no date.
 *
 * Input: any bytes; at most DATE_TEXT_MAX of them are looked at, in linear time.
 */
#ifndef MOX_FORMAT_DATE_H
#define MOX_FORMAT_DATE_H

#include "base/buf.h"

enum { DATE_TEXT_MAX = 1000 };

struct date {
	int64_t unix_seconds; /* years 1900-9999; a leap second counts as the second after it */
	int zone;             /* minutes east of UTC, at most 99 hours either way */
	bool zone_known; /* false for -0000, letters without meaning, or none: then zone is 0 */
};

/* Reads a date-time. False if there is none. */
bool date_parse(struct str value, struct date *ret);
/* The day where the date was written, as days since 1970-01-01: what IMAP's SENTON compares
 * (RFC 9051 §6.4.4). */
int32_t date_day(const struct date *d);

/* Adds `Mon, 2 Jan 2006 15:04:05 +0100` for a zone in minutes east of UTC, years 0-9999. */
void buf_date(struct buf *b, int64_t unix_seconds, int zone);
/* Adds `2006-01-02T15:04:05Z`, RFC 3339 §5.6. */
void buf_date_rfc3339(struct buf *b, int64_t unix_seconds);

struct date_civil {
	int64_t year;
	unsigned month, day; /* from 1 */
	unsigned hour, minute, second;
	unsigned weekday; /* 0 is Sunday */
};

/* Days since 1970-01-01 of a day that exists; and a moment in UTC taken apart. For years within
 * some millions of ours. */
int64_t date_days(int64_t year, unsigned month, unsigned day);
unsigned date_month_days(int64_t year, unsigned month);
struct date_civil date_civil(int64_t unix_seconds);
/* English, three letters: date_month_name(1) is Jan, date_weekday_name(0) is Sun. */
struct str date_month_name(unsigned month);
struct str date_weekday_name(unsigned weekday);

#endif
