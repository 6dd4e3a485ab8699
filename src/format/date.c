#include "format/date.h"

#include "base/cur.h"

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekday_names[] = "SunMonTueWedThuFriSat";

struct str date_month_name(unsigned month)
{
	return str_of(month_names + (month - 1) % 12 * 3, 3);
}

struct str date_weekday_name(unsigned weekday)
{
	return str_of(weekday_names + weekday % 7 * 3, 3);
}

unsigned date_month_days(int64_t year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Years are counted from March, so that the leap day is the last of its year; an era is 400 of them
 * and has 146097 days. */
int64_t date_days(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = floor_div(y, 400), of_era = y - era * 400;
	int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct date_civil date_civil(int64_t unix_seconds)
{
	int64_t days = floor_div(unix_seconds, 86400), second = unix_seconds - days * 86400;
	int64_t era = floor_div(days + 719468, 146097);
	int64_t doe = days + 719468 - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t m = (5 * doy + 2) / 153;

	return (struct date_civil){
		.year = era * 400 + yoe + (m >= 10),
		.month = (unsigned)(m < 10 ? m + 3 : m - 9),
		.day = (unsigned)(doy - (153 * m + 2) / 5 + 1),
		.hour = (unsigned)(second / 3600),
		.minute = (unsigned)(second / 60 % 60),
		.second = (unsigned)(second % 60),
		.weekday = (unsigned)((days % 7 + 11) % 7),
	};
}

int32_t date_day(const struct date *d)
{
	return (int32_t)floor_div(d->unix_seconds + d->zone * 60, 86400);
}

void buf_date(struct buf *b, int64_t unix_seconds, int zone)
{
	struct date_civil c = date_civil(unix_seconds + zone * 60);
	struct str day = date_weekday_name(c.weekday), month = date_month_name(c.month);
	int east = zone < 0 ? -zone : zone;

	buf_printf(b, "%.*s, %u %.*s %04lld %02u:%02u:%02u %c%02d%02d", STR_ARG(day), c.day,
		   STR_ARG(month), (long long)c.year, c.hour, c.minute, c.second,
		   zone < 0 ? '-' : '+', east / 60, east % 60);
}

void buf_date_rfc3339(struct buf *b, int64_t unix_seconds)
{
	struct date_civil c = date_civil(unix_seconds);

	buf_printf(b, "%04lld-%02u-%02uT%02u:%02u:%02uZ", (long long)c.year, c.month, c.day, c.hour,
		   c.minute, c.second);
}

/* What has been read so far; parts come in more than one order. */
struct parts {
	struct date_civil c;
	int zone;
	bool has_year, has_time, zone_known;
};

static void skip_comment(struct cur *c)
{
	int depth = 0;

	do {
		if (cur_opt(c, '('))
			depth++;
		else if (cur_opt(c, ')'))
			depth--;
		else
			c->at += cur_peek(c) == '\\' && c->at + 1 < c->s.n ? 2 : 1;
	} while (depth > 0 && !cur_end(c));
}

/* White space, comments, and the separators that people use. */
static void skip(struct cur *c)
{
	for (;;) {
		int ch = cur_peek(c);

		if (ch == '(')
			skip_comment(c);
		else if (ch >= 0 && strchr(" \t\r\n,", ch ? ch : 'x'))
			c->at++;
		else
			return;
	}
}

/* The name's place among those of three letters each, or 0; further letters are allowed. */
static unsigned name_index(struct str word, const char *names)
{
	for (unsigned i = 0; word.n >= 3 && names[i * 3]; i++)
		if (str_eq_nocase(str_sub(word, 0, 3), str_of(names + i * 3, 3)))
			return i + 1;
	return 0;
}

/* RFC 5322 §4.3: two digits up to 49 are of this century, others of the last, as are three. */
static void x_year(struct cur *c, struct parts *p)
{
	size_t from = c->at;
	uint64_t year = cur_xu64(c, 9999, "year");
	size_t digits = c->at - from;

	if (digits == 2)
		year += year < 50 ? 2000 : 1900;
	else if (digits == 3)
		year += 1900;
	if (year < 1900 || digits > 4 || digits < 2)
		cur_fail(c, "year");
	p->c.year = (int64_t)year;
	p->has_year = true;
}

static void x_month(struct cur *c, struct parts *p)
{
	p->c.month = name_index(cur_opt_run(c, ch_is_alpha), month_names);
	if (!p->c.month)
		cur_fail(c, "month");
}

static void skip_hyphen(struct cur *c)
{
	skip(c);
	if (cur_opt(c, '-') || cur_opt(c, '.') || cur_opt(c, '/'))
		skip(c);
}

static unsigned x_small(struct cur *c, unsigned max, const char *expected)
{
	return (unsigned)cur_xu64(c, max, expected);
}

static void opt_12_hours(struct cur *c, struct parts *p)
{
	bool pm = str_starts_nocase(cur_rest(c), STR("pm"));

	if ((!pm && !str_starts_nocase(cur_rest(c), STR("am"))) ||
	    ch_is_alpha((char)cur_peek_at(c, 2)))
		return;
	c->at += 2;
	if (p->c.hour < 1 || p->c.hour > 12)
		cur_fail(c, "hour from 1 to 12");
	p->c.hour = p->c.hour % 12 + (pm ? 12 : 0);
}

/* hour ":" minute [":" second ["." fraction]], with white space anywhere (§4.3); `.` for `:` too.
 */
static void x_time(struct cur *c, struct parts *p)
{
	p->c.hour = x_small(c, 23, "hour");
	skip(c);
	if (!cur_opt(c, ':') && !cur_opt(c, '.'))
		cur_fail(c, "\":\"");
	skip(c);
	p->c.minute = x_small(c, 59, "minute");
	size_t at = c->at;

	skip(c);
	if (cur_opt(c, ':') || cur_opt(c, '.')) {
		skip(c);
		p->c.second = x_small(c, 60, "second");
		if (cur_opt(c, '.'))
			cur_opt_run(c, ch_is_digit);
	} else if (!cur_failed(c)) {
		c->at = at;
	}
	p->has_time = true;
}

/* The obsolete zones that mean something: RFC 5322 §4.3. */
static bool zone_name(struct str name, int *ret_minutes)
{
	static const struct {
		char name[4];
		int hours;
	} zones[] = {
		{"UT", 0},   {"UTC", 0},  {"GMT", 0},  {"Z", 0},    {"EST", -5}, {"EDT", -4},
		{"CST", -6}, {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7},
	};

	for (size_t i = 0; i < ARRAY_LEN(zones); i++)
		if (str_eq_nocase(name, str_z(zones[i].name))) {
			*ret_minutes = zones[i].hours * 60;
			return true;
		}
	return false;
}

/* ("+" / "-") 4DIGIT, RFC 5322 §3.3; hh:mm and hh too. -0000 is UTC with nothing known. */
static void opt_zone_digits(struct cur *c, struct parts *p)
{
	bool west = cur_opt(c, '-');

	if (!west)
		cur_opt(c, '+');
	struct str digits = cur_opt_run(c, ch_is_digit);
	uint64_t n = 0, minutes = 0;

	if (!str_u64(digits, 9999, &n) || digits.n > 4)
		return;
	if (digits.n <= 2 && cur_opt(c, ':'))
		minutes = cur_xu64(c, 59, "minutes of a zone");
	int all = digits.n <= 2 ? (int)(n * 60 + minutes) : (int)(n / 100 * 60 + n % 100);

	if (digits.n > 2 && n % 100 > 59)
		return;
	p->zone = west ? -all : all;
	p->zone_known = all || !west;
}

/* A zone, or nothing: what cannot be told is UTC (§4.3, of letters that no one agrees on). */
static void opt_zone(struct cur *c, struct parts *p)
{
	skip(c);
	struct str name = cur_opt_run(c, ch_is_alpha);

	if (name.n)
		p->zone_known = zone_name(name, &p->zone);
	if (cur_peek(c) != '+' && cur_peek(c) != '-')
		return;
	/* `GMT+0200`; other names keep their own meaning. */
	if (!name.n || (p->zone_known && p->zone == 0))
		opt_zone_digits(c, p);
}

/* 2006-01-02T15:04:05Z, with a space for the T and all of the time optional. */
static void x_iso(struct cur *c, struct parts *p)
{
	p->c.year = cur_xdigits(c, 4, "year");
	p->has_year = true;
	cur_xlit(c, "-");
	p->c.month = cur_xdigits(c, 2, "month");
	cur_xlit(c, "-");
	p->c.day = cur_xdigits(c, 2, "day");
	if (cur_opt_nocase(c, STR("t")))
		x_time(c, p);
	if (p->c.month < 1 || p->c.month > 12 || p->c.year < 1900)
		cur_fail(c, "date");
}

/* `Jan 2` of asctime, whose year comes last, or `Jan 2, 2006`. */
static void x_month_first(struct cur *c, struct parts *p)
{
	x_month(c, p);
	skip_hyphen(c);
	p->c.day = x_small(c, 31, "day");
	skip_hyphen(c);
	size_t at = c->at;

	if (cur_opt_run(c, ch_is_digit).n == 4) {
		c->at = at;
		x_year(c, p);
	} else if (!cur_failed(c)) {
		c->at = at;
	}
}

static void x_day_first(struct cur *c, struct parts *p)
{
	p->c.day = x_small(c, 31, "day");
	skip_hyphen(c);
	x_month(c, p);
	skip_hyphen(c);
	x_year(c, p);
}

static void x_date(struct cur *c, struct parts *p)
{
	size_t at = c->at;
	struct str word = cur_opt_run(c, ch_is_alpha);

	/* A day of the week is not compared: clients in other time zones got it wrong for years. */
	if (word.n && !name_index(word, month_names)) {
		cur_opt(c, '.');
		skip(c);
	} else {
		cur_back(c, at);
	}
	if (ch_is_digit((char)cur_peek(c)) && cur_peek_at(c, 4) == '-')
		x_iso(c, p);
	else if (ch_is_digit((char)cur_peek(c)))
		x_day_first(c, p);
	else
		x_month_first(c, p);
}

static void x_date_time(struct cur *c, struct parts *p)
{
	skip(c);
	x_date(c, p);
	skip(c);
	if (!p->has_time)
		x_time(c, p);
	skip(c);
	opt_12_hours(c, p);
	opt_zone(c, p);
	skip(c);
	/* asctime: the year behind the time, and behind a zone if date(1) wrote it. */
	if (!p->has_year) {
		x_year(c, p);
		if (!p->zone_known)
			opt_zone(c, p);
	}
}

bool date_parse(struct str value, struct date *ret)
{
	struct cur c = cur_of(str_sub(value, 0, DATE_TEXT_MAX));
	struct parts p = {0};

	x_date_time(&c, &p);
	if (cur_failed(&c) || p.c.day < 1 || p.c.day > date_month_days(p.c.year, p.c.month))
		return false;
	int64_t days = date_days(p.c.year, p.c.month, p.c.day);

	*ret = (struct date){
		.unix_seconds =
			days * 86400 + p.c.hour * 3600 + p.c.minute * 60 + p.c.second - p.zone * 60,
		.zone = p.zone,
		.zone_known = p.zone_known,
	};
	return true;
}
