// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/moduleparam.h: pwlocks=, in sysfs too, and what modinfo shows. The macro of the
 * kernel crate only knows integers that sysfs does not show; what a value means is said in Rust
 * (mode.rs), what becomes of it as well (switch.rs).
 *
 * The kernel calls both functions with the module's param_lock held: who reads the parameter while
 * it is written waits until the switch is complete.
 */

#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

#include "param.h"
#include "pwlocks.h"

static int pwlocks_param_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", pwlocks_mode_is_remote());
}

static int pwlocks_param_set(const char *val, const struct kernel_param *kp)
{
	return pwlocks_request_mode(val);
}

static const struct kernel_param_ops pwlocks_param_ops = {
	.set = pwlocks_param_set,
	.get = pwlocks_param_get,
};

module_param_cb(pwlocks, &pwlocks_param_ops, NULL, 0644);
MODULE_PARM_DESC(pwlocks,
		 "0 (off, n): per-CPU work is queued on its owner CPU; 1 (on, y): the requester takes the owner's lock and does it; auto (default): 1 where the kernel isolates CPUs");
MODULE_VERSION("0.1.0");
