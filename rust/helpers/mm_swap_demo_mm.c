// SPDX-License-Identifier: GPL-2.0

/* include/linux/mm.h: how much memory there is. */

#include <linux/mm.h>

#include "mm_swap_demo.h"

unsigned long mm_swap_demo_totalram_pages(void)
{
	return totalram_pages();
}
