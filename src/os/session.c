#include "os/session.h"

#include <stdatomic.h>

void session_wake(struct session *s)
{
	if (s->task.loop)
		task_wake(&s->task);
	else
		atomic_store(&s->mem_woken, true); /* os/session_mem */
}

void session_set_key(struct session *s, uint64_t key)
{
	s->task.key = key;
}
