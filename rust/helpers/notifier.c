// SPDX-License-Identifier: GPL-2.0

/* Exports of what rust/pwlocks/switch.rs defines: a Rust crate can't export a symbol itself. */

#include <linux/export.h>

#include "param.h"
#include "pwlocks.h"

EXPORT_SYMBOL_GPL(pwlocks_notifier_add);
EXPORT_SYMBOL_GPL(pwlocks_notifier_remove);

#ifdef CONFIG_PWLOCKS_TEST
/* For the test module to switch as a write to sysfs does. */
EXPORT_SYMBOL_GPL(pwlocks_request_mode);
#endif
