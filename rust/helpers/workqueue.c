// SPDX-License-Identifier: GPL-2.0

/* include/linux/workqueue.h: alloc_workqueue() is variadic, which Rust can't call soundly. */

#include <linux/workqueue.h>

#include "pwlocks.h"

/* A per-CPU workqueue that makes progress under memory pressure, as mm_percpu_wq; or NULL. */
struct workqueue_struct *pwlocks_workqueue_alloc(const char *name)
{
	return alloc_workqueue("%s", WQ_MEM_RECLAIM | WQ_PERCPU, 0, name);
}
EXPORT_SYMBOL_GPL(pwlocks_workqueue_alloc);
