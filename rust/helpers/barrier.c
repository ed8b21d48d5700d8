// SPDX-License-Identifier: GPL-2.0

/* arch/.../asm/barrier.h: barriers between CPUs. */

#include <linux/export.h>
#include <asm/barrier.h>

#include "pwlocks.h"

void pwlocks_smp_mb(void)
{
	smp_mb();
}
EXPORT_SYMBOL_GPL(pwlocks_smp_mb);
