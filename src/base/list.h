/* list: an intrusive doubly linked list. The node is a member of what is listed; the head is a node
 * of its own, and an empty list is a head that points at itself.
 *
 *	struct conn { struct list in_table; ... };
 *	list_for_each(&table, n) {
 *		struct conn *c = CONTAINER_OF(n, struct conn, in_table);
 *
 * Memory: none of its own; a node is in at most one list and is removed before it goes away.
 */
#ifndef MOX_BASE_LIST_H
#define MOX_BASE_LIST_H

#include "base/attr.h"
#include <stdbool.h>

struct list {
	struct list *prev, *next;
};

/* Makes an empty head, or a node that is in no list. */
void list_init(struct list *l);
static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}
/* Whether an initialized node is in a list. */
static inline bool list_linked(const struct list *node)
{
	return node->next != node;
}
void list_add_head(struct list *head, struct list *node);
void list_add_tail(struct list *head, struct list *node);
/* Before `at`, which is a node or a head. */
void list_add_before(struct list *at, struct list *node);
/* The node is as after list_init; removing it once more does nothing. */
void list_remove(struct list *node);
/* The first node, removed; NULL when empty. */
struct list *list_pop(struct list *head);

/* The body may not remove n; with _safe it may remove n, but no other. */
#define list_for_each(head, n) for (struct list *n = (head)->next; n != (head); n = n->next)
#define list_for_each_safe(head, n)                                            \
	for (struct list *n = (head)->next, *n##_next_ = n->next; n != (head); \
	     n = n##_next_, n##_next_ = n->next)

#endif
