/* SPDX-License-Identifier: GPL-2.0 */

/* What of mm/swap.c (from 7.3 on mm/folio.c) calls or is called, as it is or replaced. */

/* folio_batch_move_lru() by the kernel's own functions, in the batch's place. */
inline move_in_place()
{
	if
	:: batch[c] == 0
	:: else ->
		atomic { enter(BATCH + c); copy = batch[c] };
		move(copy);
		atomic { copy = 0; batch[c] = 0; leave(BATCH + c) }
	fi
}

/* lru_add_drain_cpu() for the CPU that the caller is pinned to: entry::lru. */
inline drain_this_cpu()
{
	enter_function(users_replaced);
	if
	:: ours -> drain_if_needed()
	:: else -> move_in_place()
	fi;
	leave_function()
}

/* lru_add_drain(), which is not replaced. */
inline lru_add_drain()
{
	pin_anywhere();
	c = at;
	drain_this_cpu();
	unpin()
}

/* page_alloc_cpu_dead(), after the callback of ours: see rust/mm_swap_live/kernel_batches.rs. */
inline dead_callbacks()
{
	if
	:: dead_registered ->
		begin_own_work();
		drain_remote(true);
		leave_function()
	:: else
	fi;
	enter_function(users_replaced);
	if
	:: ours
	:: else -> move_in_place()
	fi;
	leave_function()
}

/* lru_add_drain_all(), the kernel's, or ours: entry::drain. */
inline lru_add_drain_all()
{
	enter_function(drains_replaced);
	if
	:: ours ->
		/* Inside::enter(): it may sleep from here on. */
		atomic { inside_text = inside_text | my_bit; in_function = in_function & ~my_bit };
		drain_all();
		atomic { inside_text = inside_text & ~my_bit; in_function = in_function | my_bit };
		leave_function()
	:: else ->
		leave_function();
		do
		:: c == CPUS -> break
		:: else ->
			if
			:: online[c] && batch[c] != 0 ->
				atomic { kernel_pending[c] = true; queued = queued | (1 << c) }
			:: else
			fi;
			c++
		od;
		(!(queued & 1) || (!kernel_pending[0] && !kernel_running[0])) &&
		(!(queued & 2) || (!kernel_pending[1] && !kernel_running[1]));
		atomic { c = 0; queued = 0 }
	fi
}
