/* SPDX-License-Identifier: GPL-2.0 */

/*
 * The batches and their drains: rust/mm/lru.rs, rust/mm/drain_cpu.rs and rust/mm/drain.rs. There is one
 * kind of batch, and a set of folios is a number with a bit for each.
 */

/* What is below the count of a CPU's batch. */
byte batch[CPUS];
/* InHand::busy */
bool busy[CPUS];
/* On their lists. */
byte listed;
/* That were ever put into a batch. */
byte added;

/* Drain: the generation, the mutex, and whether a worker was refused since a pass last looked. */
byte generation;
bool pass_mutex;
bool refused;

/* Mm::move_batch(): the lists have a lock of their own, under which this is one step. */
inline move(folios)
{
	atomic {
		must(CONSERVATION, (folios & listed) == 0);
		listed = listed | folios
	}
}

/*
 * lru::push_or_move(), the lock being held. Whether the batch is full now is anybody's guess: so it is
 * if batching is off, or the folio large. Reading and writing are two steps, for somebody else in
 * the same batch to be noticed.
 */
inline push_or_move()
{
	copy = batch[c];
	atomic {
		copy = copy | folio;
		batch[c] = copy;
		added = added | folio
	};
	if
	:: skip
	:: move(copy); batch[c] = 0
	fi;
	copy = 0
}

/* drain_cpu::drain(), the hand being locked; take_out() for what is under the batch's lock. */
inline drain(how)
{
	if
	:: batch[c] == 0
	:: else ->
#ifndef MUTANT_HAND_NEVER_BUSY
		busy[c] = true;
#endif
		lock_as(how, BATCH + c);
#ifdef LIVE
		if
		:: in_place ->
			copy = batch[c];
			move(copy);
			copy = 0;
			atomic { batch[c] = 0; unlock_as(how, BATCH + c) }
		:: else ->
#endif
		copy = batch[c];
#ifdef MUTANT_EMPTIED_AFTER_UNLOCK
		atomic { unlock_as(how, BATCH + c) };
		batch[c] = 0;
#else
		atomic { batch[c] = 0; unlock_as(how, BATCH + c) };
#endif
#ifdef MUTANT_HAND_EMPTY_TOO_EARLY
		busy[c] = false;
#endif
		move(copy);
		copy = 0;
#ifdef LIVE
		fi;
#endif
	fi
}

/*
 * drain_cpu::drain_local(). Where something is seen on the CPU that the task is on, the one that is
 * drained is the one that it is on by then.
 */
inline drain_if_needed()
{
	if
	:: batch[c] == 0 ->
#ifndef MUTANT_LOCAL_DRAIN_IGNORES_HAND
		if
		:: busy[c] -> goto locked
		:: else
		fi
#endif
	:: else -> goto locked
	fi;
	goto done;
locked:
	lock_hand();
	drain(LOCAL);
	atomic { busy[c] = false; unlock_hand() };
done:
	skip
}

/*
 * drain_cpu::lru_add_drain_cpu() by whom the spinlock is opened to. A requester is pinned to whatever
 * CPU it is on. The callback for a CPU that is `dead` is on a third one, which nobody else is on: with
 * two CPUs, of which one is dead, no two could be at anything.
 */
inline drain_remote(dead)
{
	if
	:: dead
	:: !dead -> pin_anywhere()
	fi;
#ifdef MUTANT_DEAD_CPU_UNLOCKED
	if
	:: dead ->
		atomic { enter(BATCH + c); copy = batch[c] };
		atomic { batch[c] = 0; leave(BATCH + c) };
		move(copy);
		goto unlocked
	:: else
	fi;
#endif
	spin_lock(HAND + c);
#ifdef LIVE
	/* KernelBatches::in_hand(): the page allocator has a dead CPU for itself. */
	if
	:: !dead && !online[c] -> refused = true
	:: else ->
#endif
	drain(REMOTE);
#ifdef LIVE
	fi;
#endif
	atomic {
		busy[c] = false;
		spin_unlock(HAND + c);
		if
		:: dead
		:: !dead -> unpin()
		fi
	};
unlocked:
	copy = 0
}

/* DrainWork::run() with the token of a worker: pwlocks_lock_owner(), which refuses elsewhere. */
inline drain_by_worker()
{
	worker_pins();
	lock_as(LOCAL, WORKERS_HAND);
#ifndef MUTANT_WORKER_NOT_REFUSED
	if
	:: at != c -> refused = true; goto refused_it
	:: else
	fi;
#endif
	drain(LOCAL);
	busy[c] = false;
refused_it:
	atomic { unlock_as(LOCAL, WORKERS_HAND); unpin() }
}

/* Drain::all() with its pass and rounds. */
inline drain_all()
{
	/* (B) What the caller knows to be in a batch is there before it looks. */
	atomic { promised = added; seen = generation };
	atomic {
		!pass_mutex -> pass_mutex = true;
		/* (C), and then (D): nobody else writes it. */
		if
		:: seen != generation -> goto over
		:: else
		fi;
#ifndef MUTANT_GENERATION_AFTER_LOOK
		generation++
#endif
	};
round:
	atomic { complete = true; queued = 0; c = 0 };
	do
	:: c == CPUS -> break
	:: else ->
		/* needs_drain(): the count, then the hand. */
		if
		:: batch[c] != 0 -> goto ask
		:: else
		fi;
		if
		:: busy[c] -> goto ask
		:: else -> goto next
		fi;
ask:
		/* Drain::ask(), PwWork::queue_on_online(): run_here(), or is_online() and queue_there(). */
		requester_begin(allowed);
		if
		:: allowed ->
			drain_remote(false);
#ifdef MUTANT_WORK_SWITCHES
			atomic { !switch_busy -> switch_busy = true };
			switch_busy = false;
#endif
			requester_end()
		:: else ->
			if
			:: online[c] -> atomic { queued = queued | (1 << c); pending[c] = true }
			:: else -> complete = false
			fi
		fi;
next:
		atomic { allowed = false; at = 0; c++ }
	od;
#ifdef MUTANT_GENERATION_AFTER_LOOK
	generation++;
#endif
	/* Drain::finish(). Who has the mutex is the only one to queue. */
	atomic {
		(!(queued & 1) || is_idle(0)) && (!(queued & 2) || is_idle(1)) ->
		complete = complete && !refused;
		refused = false;
		if
		:: complete -> goto over
		:: else
		fi
	};
	wait_for_hotplug();
over:
	atomic {
		must(DRAIN_ALL, !keeps_promise || (promised & ~listed) == 0);
		pass_mutex = false;
		promised = 0; seen = 0; queued = 0; complete = false; c = 0
	}
}
