/* SPDX-License-Identifier: GPL-2.0 */
/* What bindgen must see beyond the kernel crate's own bindings. */

#include "../helpers/pwlocks.h"
#include "../helpers/param.h"
#include "../helpers/stretch.h"
