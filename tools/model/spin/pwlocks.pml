/* SPDX-License-Identifier: GPL-2.0 */

/*
 * The protocol of pwlocks, for spin: Documentation/locking/pwlocks-model.rst says what it covers, what it
 * leaves out, and how it is run. Each inline names the function that it stands for.
 *
 * A step is what happens at once as far as any other process can tell: an access to something shared.
 * Two are joined only where what could come in between comes to the same as before or after both: a
 * release with the access before it, which lets others on earlier and stops nobody; entering a section,
 * which stops others and lets nobody on, with the look at the flag after it; what only the holder of a
 * mutex touches with taking that. Pinning and taking a lock are never joined: who waits for a lock has
 * its CPU meanwhile.
 *
 * -DLIVE is mm_swap_live, whose functions take the place of the kernel's; without it, mm_swap_demo.
 */
#include "property.pml"

/* In the order of their numbers. */
#define PROCESSES	8

#include "cpu.pml"
#include "lock.pml"
#include "work.pml"
#ifdef LIVE
#include "live.pml"
#else
#include "local_lock.pml"
#include "demo.pml"
#endif
#include "requesters.pml"
#include "pin_lock.pml"
#include "switch.pml"
#include "drain.pml"
#ifdef LIVE
#include "live_calls.pml"
#else
#include "demo_calls.pml"
#endif
#include "hotplug.pml"
#include "processes.pml"
