// SPDX-License-Identifier: GPL-2.0

/* include/linux/panic.h: whether the kernel has warned. */

#include <linux/panic.h>

#include "pwlocks_test.h"

/* Whether there was a WARN since boot. */
bool pwlocks_test_has_warned(void)
{
	return test_taint(TAINT_WARN);
}
