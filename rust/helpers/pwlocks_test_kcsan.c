// SPDX-License-Identifier: GPL-2.0

/* include/linux/kcsan.h: an access that KCSAN looks at. It has the compiler see to C, not to Rust. */

#include "pwlocks_test.h"

#ifdef CONFIG_KCSAN

/* Nothing but a lock keeps this from being a data race. */
void pwlocks_test_kcsan_touch(u64 *datum)
{
	(*datum)++;
}

#endif /* CONFIG_KCSAN */
