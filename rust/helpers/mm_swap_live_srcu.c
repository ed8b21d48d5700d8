// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/srcu.h: who is inside a replacement that may sleep, for the module's text to stay
 * until the last one has left.
 */

#include <linux/srcu.h>

#include "mm_swap_live.h"

/* The fast kind: entering and leaving are two instructions, and waiting takes longer. */
DEFINE_STATIC_SRCU_FAST(inside);

struct srcu_ctr __percpu *mm_swap_live_enter(void)
{
	return srcu_read_lock_fast(&inside);
}

void mm_swap_live_leave(struct srcu_ctr __percpu *section)
{
	srcu_read_unlock_fast(&inside, section);
}

/* Returns when all that had entered have left. May sleep. */
void mm_swap_live_wait_for_leave(void)
{
#ifndef SABOTAGE_UNLOAD_WITHOUT_WAITING
	synchronize_srcu(&inside);
#endif
}
