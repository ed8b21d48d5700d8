// SPDX-License-Identifier: GPL-2.0

/* include/linux/timex.h: the counter that is the number of instructions under QEMU's -icount. */

#include <linux/timex.h>

#include "pwlocks_test.h"

u64 pwlocks_test_cycles(void)
{
	return get_cycles();
}
