// SPDX-License-Identifier: GPL-2.0

/* include/linux/smp.h: hard interrupts on another CPU. */

#include <linux/smp.h>

#include "pwlocks_test.h"

/* Calls @func(@ctx) from an interrupt on @cpu, another one than this, and waits for it. */
int pwlocks_test_call_on(unsigned int cpu, void (*func)(void *ctx), void *ctx)
{
	return smp_call_function_single(cpu, func, ctx, 1);
}
