// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/srcu.h: who is inside a replacement that may sleep, for the module's text to stay
 * until the last one has left.
 */

#include <linux/srcu.h>

#include "mm_swap_live.h"

DEFINE_STATIC_SRCU(inside);

int mm_swap_live_enter(void)
{
	return srcu_read_lock(&inside);
}

void mm_swap_live_leave(int index)
{
	srcu_read_unlock(&inside, index);
}

/* Returns when all that had entered have left. May sleep. */
void mm_swap_live_wait_for_leave(void)
{
	synchronize_srcu(&inside);
}
