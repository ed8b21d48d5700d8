// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/mutex.h: the mutex of the switch (rust/pwlocks/switch.rs). It is static, because
 * pwlocks= is parsed before the module's init could initialise anything.
 */

#include <linux/mutex.h>

#include "pwlocks.h"

static DEFINE_MUTEX(pw_switch_mutex);

/* May sleep, and no signal ends it. */
void pwlocks_switch_lock(void)
{
	mutex_lock(&pw_switch_mutex);
}

void pwlocks_switch_unlock(void)
{
	mutex_unlock(&pw_switch_mutex);
}
