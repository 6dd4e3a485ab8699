#include "base/test.h"

#include "base/list.h"

struct item {
	int value;
	struct list link;
};

static int number(struct list *head)
{
	int v = 0;

	list_for_each (head, n)
		v = v * 10 + CONTAINER_OF(n, struct item, link)->value;
	return v;
}

static void order(void **state)
{
	struct item items[5];
	struct list head;

	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	assert_null(list_pop(&head));
	for (int i = 0; i < 5; i++) {
		items[i].value = i + 1;
		list_init(&items[i].link);
	}
	list_add_tail(&head, &items[1].link);
	list_add_tail(&head, &items[2].link);
	list_add_head(&head, &items[0].link);
	list_add_before(&items[2].link, &items[4].link);
	assert_int_equal(number(&head), 1253);
	list_remove(&items[1].link);
	list_remove(&items[1].link);
	assert_false(list_linked(&items[1].link));
	assert_int_equal(number(&head), 153);
	assert_ptr_equal(list_pop(&head), &items[0].link);
	assert_int_equal(number(&head), 53);
}

static void remove_while_walking(void **state)
{
	struct item items[6];
	struct list head;

	(void)state;
	list_init(&head);
	for (int i = 0; i < 6; i++) {
		items[i].value = i + 1;
		list_init(&items[i].link);
		list_add_tail(&head, &items[i].link);
	}
	list_for_each_safe (&head, n)
		if (CONTAINER_OF(n, struct item, link)->value % 2)
			list_remove(n);
	assert_int_equal(number(&head), 246);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(remove_while_walking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
