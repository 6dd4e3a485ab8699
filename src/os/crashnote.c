#include "os/crashnote.h"

#include <stdatomic.h>

/* BUSY while it is written: a process that dies then leaves a note that is not read, and a slot
 * that crashnote_take frees. */
enum { SLOT_FREE, SLOT_BUSY, SLOT_NOTED };

struct crashnote_page {
	struct slot {
		_Atomic uint32_t state;
		struct crashnote_item item;
	} slot[CRASHNOTE_SLOTS];
	/* Written by the parent while no role has the page. */
	struct suspect {
		int64_t until; /* 0: free */
		uint64_t peer; /* hash */
	} suspect[CRASHNOTE_SUSPECTS];
};

size_t crashnote_page_size(void)
{
	return sizeof(struct crashnote_page);
}

static uint8_t text_put(char *to, size_t max, struct str s)
{
	s = str_sub(s, 0, max);
	if (s.n)
		memcpy(to, s.p, s.n);
	return (uint8_t)s.n;
}

static void item_fill(struct crashnote_item *i, struct str peer, struct str what, uint64_t digest)
{
	i->peer_n = text_put(i->peer, sizeof(i->peer), peer);
	i->what_n = text_put(i->what, sizeof(i->what), what);
	i->digest = digest;
}

int crashnote_begin(struct crashnote_page *c, struct str peer, struct str what, uint64_t digest)
{
	/* A worker finds the slot it had before, as a rule. */
	static _Thread_local unsigned hint;

	for (unsigned k = 0; k < CRASHNOTE_SLOTS; k++) {
		unsigned i = (hint + k) % CRASHNOTE_SLOTS;
		uint32_t empty = SLOT_FREE;

		if (!atomic_compare_exchange_strong(&c->slot[i].state, &empty, SLOT_BUSY))
			continue;
		hint = i;
		item_fill(&c->slot[i].item, peer, what, digest);
		atomic_store(&c->slot[i].state, SLOT_NOTED);
		return (int)i;
	}
	return -1;
}

void crashnote_end(struct crashnote_page *c, int slot)
{
	if (slot >= 0)
		atomic_store(&c->slot[slot].state, SLOT_FREE);
}

static uint64_t peer_hash(struct str peer)
{
	return str_hash(str_sub(peer, 0, CRASHNOTE_PEER_MAX), 0);
}

/* In place of the same peer, of none, or of the one whose time is over first. */
static void suspect_add(struct crashnote_page *c, struct str peer, int64_t now)
{
	uint64_t hash = peer_hash(peer);
	struct suspect *to = &c->suspect[0];

	for (size_t i = 0; i < CRASHNOTE_SUSPECTS; i++) {
		struct suspect *s = &c->suspect[i];

		if (s->until && s->peer == hash) {
			to = s;
			break;
		}
		if (s->until < to->until)
			to = s;
	}
	*to = (struct suspect){now + CRASHNOTE_SUSPECT_S * INT64_C(1000000000), hash};
}

void crashnote_take(struct crashnote_page *c, bool crashed, int64_t now,
		    struct crashnote_found *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < CRASHNOTE_SLOTS; i++) {
		bool noted = atomic_load(&c->slot[i].state) == SLOT_NOTED;
		struct crashnote_item *to = &ret->item[ret->n];

		*to = c->slot[i].item;
		atomic_store(&c->slot[i].state, SLOT_FREE);
		if (!noted || to->peer_n > CRASHNOTE_PEER_MAX || to->what_n > CRASHNOTE_WHAT_MAX)
			continue;
		ret->n++;
		if (crashed)
			suspect_add(c, crashnote_peer(to), now);
	}
}

bool crashnote_is_suspect(const struct crashnote_page *c, struct str peer, int64_t now)
{
	uint64_t hash = peer_hash(peer);

	for (size_t i = 0; i < CRASHNOTE_SUSPECTS; i++)
		if (c->suspect[i].peer == hash && c->suspect[i].until > now)
			return true;
	return false;
}
