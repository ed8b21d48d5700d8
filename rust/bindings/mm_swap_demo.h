/* SPDX-License-Identifier: GPL-2.0 */
/* What bindgen must see for mm_swap_demo.ko beyond the kernel crate's own bindings. */

#include <uapi/linux/mm_swap_demo.h>
#include "../helpers/mm_swap_demo.h"
