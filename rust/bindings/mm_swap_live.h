/* SPDX-License-Identifier: GPL-2.0 */
/* What bindgen must see for mm_swap_live.ko beyond the kernel crate's own bindings. */

#include "../helpers/mm_swap_live.h"
#include "../helpers/mm_swap_live_audited.h"
