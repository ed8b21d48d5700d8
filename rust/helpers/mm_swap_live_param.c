// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/moduleparam.h: declared here because the parameters of the Rust module! macro are
 * integers only and do not show in sysfs. Not writable, so that what sysfs shows is what is measured.
 */

#include <linux/module.h>
#include <linux/moduleparam.h>

#include "mm_swap_live.h"

bool mm_swap_live_drain_locked;
module_param_named(drain_locked, mm_swap_live_drain_locked, bool, 0444);
MODULE_PARM_DESC(drain_locked,
		 "for measuring: remote drains hold the owner's lock for the whole drain, as the C series does (default 0)");
