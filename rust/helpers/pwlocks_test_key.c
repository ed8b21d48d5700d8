// SPDX-License-Identifier: GPL-2.0

/* rust/helpers/key.c: changing the mode, which only tests do once there are users. */

#include "pwlocks.h"
#include "pwlocks_test.h"

/*
 * May sleep. While the mode changes nobody else may use the locks: a remote holder and a local one
 * of different modes do not exclude each other.
 */
void pwlocks_test_set_mode(bool remote)
{
	pwlocks_mode_set(remote);
}
