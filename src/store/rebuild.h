/* rebuild: what account_open and account_rebuild share. */
#ifndef MOX_STORE_REBUILD_H
#define MOX_STORE_REBUILD_H

#include "store/check.h"
#include "store/internal.h"

/* With the account's lock: makes index.db of the segments and puts it into place. */
struct err account_rebuild_locked(struct account *acc, struct check_report *report);

#endif
