#include "base/list.h"

#include <assert.h>

void list_init(struct list *l)
{
	l->prev = l->next = l;
}

void list_add_before(struct list *at, struct list *node)
{
	assert(!node->next || !list_linked(node));
	node->prev = at->prev;
	node->next = at;
	at->prev->next = node;
	at->prev = node;
}

void list_add_head(struct list *head, struct list *node)
{
	list_add_before(head->next, node);
}

void list_add_tail(struct list *head, struct list *node)
{
	list_add_before(head, node);
}

void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

struct list *list_pop(struct list *head)
{
	struct list *node = head->next;

	if (node == head)
		return NULL;
	list_remove(node);
	return node;
}
