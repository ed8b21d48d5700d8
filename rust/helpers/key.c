// SPDX-License-Identifier: GPL-2.0

/* The static key behind the mode: off is local, on is remote. */

#include <linux/jump_label.h>

#include "key.h"
#include "pwlocks.h"

#ifdef CONFIG_PWLOCKS
DEFINE_STATIC_KEY_MAYBE(CONFIG_PWLOCKS_DEFAULT, pwlocks_key);

bool pwlocks_mode_is_remote(void)
{
	return static_key_enabled(&pwlocks_key);
}
EXPORT_SYMBOL_GPL(pwlocks_mode_is_remote);

/* May sleep: it patches text. */
void pwlocks_mode_set(bool remote)
{
	if (remote)
		static_branch_enable(&pwlocks_key);
	else
		static_branch_disable(&pwlocks_key);
}
#else
bool pwlocks_mode_is_remote(void)
{
	return false;
}
EXPORT_SYMBOL_GPL(pwlocks_mode_is_remote);

void pwlocks_mode_set(bool remote)
{
}
#endif

#ifdef CONFIG_PWLOCKS_TEST
/* For the test module, which also tests guards that outlive a change of mode. */
EXPORT_SYMBOL_GPL(pwlocks_mode_set);
#endif
