/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults that `make SABOTAGE=<name>` builds in, one at a time, for the tests to be seen failing.
 * The first six are of the locks and of the port, most of them holes of the C series, the others are
 * mm_swap_live's; without SABOTAGE nothing of this is compiled.
 *
 *   unlock-rereads-key   the unlock trusts the key instead of what the lock recorded
 *   address-before-pin   this CPU's address is computed before migration is excluded, and the
 *                        window stretched by a sleep
 *   assert-this-cpu      the held assertion looks at this CPU's lock instead of the guard's
 *   dead-cpu-unlocked    a dead CPU's state is handed out without its lock
 *   drain-without-barrier  (rust/mm/drain.rs) drain_all() bumps the generation too late
 *   switch-without-grace-period  (srcu.c, rcupdate.c) a change of mode waits for nobody
 *   mlock-batch-overlooked  (rust/mm_swap_live/kernel_batches.rs) drains take the mlock batch for
 *                        empty
 *   one-not-replaced     (rust/mm_swap_live/replace.rs) the kernel's __folio_batch_add_and_move()
 *                        stays, and takes no lock; taking folios out takes long (rust/mm/batch.rs)
 *   unload-without-waiting  (mm_swap_live_srcu.c) the module goes while tasks sleep in its drains,
 *                        which take long (rust/mm_swap_live/entry/drain.rs)
 *   owner-not-excluded   (rust/mm_swap_live/lock/ticket.rs) a drain for another CPU holds the
 *                        batch's lock for a moment only, and takes the folios out without, which
 *                        takes long (rust/mm/batch.rs)
 */
#ifndef _PWLOCKS_SABOTAGE_H
#define _PWLOCKS_SABOTAGE_H

#include <linux/sched.h>

#ifdef SABOTAGE_ADDRESS_BEFORE_PIN
#define PW_PIN(pin, addr, lock)					\
	do {							\
		(addr) = pw_sabotage_window(raw_cpu_ptr(lock));	\
		pin;						\
	} while (0)

/* Has the task spend most of its time in the window, so that it migrates there if anywhere. */
#define pw_sabotage_window(addr)				\
({								\
	typeof(addr) __addr = (addr);				\
								\
	if (!in_atomic() && !irqs_disabled())			\
		schedule_timeout_uninterruptible(1);		\
	__addr;							\
})

#define pw_sabotage_pinned(looked_again)	true
#else
/* Pins, then computes the address: the order that can't be swapped. */
#define PW_PIN(pin, addr, lock)					\
	do {							\
		pin;						\
		(addr) = this_cpu_ptr(lock);			\
	} while (0)

#define pw_sabotage_window(addr)		(addr)
#define pw_sabotage_pinned(looked_again)	(looked_again)
#endif

#endif /* _PWLOCKS_SABOTAGE_H */
