/* SPDX-License-Identifier: GPL-2.0 */

/* What the demo's device has done. */

/* lru_add_drain(): the task is anywhere as it looks. */
inline lru_add_drain()
{
	if
	:: c = 0
	:: c = 1
	fi;
	drain_if_needed()
}
