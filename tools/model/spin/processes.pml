/* SPDX-License-Identifier: GPL-2.0 */

/* Who does what, and how often. */

/* Folios that the adder adds, to the one that is in a batch to begin with. */
#ifndef FOLIOS
#define FOLIOS		1
#endif
/* Changes of the mode, which is local to begin with. */
#ifndef FLIPS
#define FLIPS		2
#endif

/* A task that puts folios into batches, drains the CPU it is on, and moves between CPUs as it likes. */
proctype adder() UNLESS_INTERRUPTED
{
	byte c, at, copy, folio = 2;
	byte mine[CPUS];
#ifdef LIVE
	bool ours;
#endif

	do
	:: folio == 2 << FOLIOS -> break
	:: else ->
		enter_function(users_replaced);
		lock_local(BATCH);
		push_or_move();
		atomic {
			unlock_local(BATCH);
			mine[c] = mine[c] | folio;
			folio = folio << 1;
			c = 0;
			at = 0
		};
		leave_function()
	od;
#ifndef NO_LOCAL_DRAIN
	lru_add_drain();
	/* What it put into the batch of this CPU. That of another is none of a local drain's. */
	must(DRAIN_LOCAL, (mine[c] & ~listed) == 0);
#endif
	atomic { c = 0; at = 0; mine[0] = 0; mine[1] = 0 }
}

/* A task that has all CPUs drained. */
proctype requester() UNLESS_INTERRUPTED
{
	byte c, at, copy, promised, seen, queued;
	bool allowed, complete;
#ifdef LIVE
	bool ours;
#endif

	lru_add_drain_all()
}

/* The workers of a CPU's pool. */
proctype worker(byte own) UNLESS_INTERRUPTED
{
	byte c = own, at, copy;
#ifdef LIVE
	bool ours;
#endif

end:	do
	:: atomic { pending[own] -> pending[own] = false; running[own] = true };
		begin_own_work();
		drain_by_worker();
		leave_function();
		atomic { at = 0; running[own] = false }
#ifdef LIVE
	:: atomic { kernel_pending[own] -> kernel_pending[own] = false; kernel_running[own] = true };
		worker_pins();
		c = at;
		drain_this_cpu();
		atomic { unpin(); at = 0; c = own; kernel_running[own] = false }
#endif
	od
}

/* Who writes the parameter. */
proctype switcher()
{
	byte flips, awaited;

	do
	:: flips == FLIPS -> break
	:: else ->
		to_remote();
		flips++;
		if
		/* A module can be unloaded in either mode. */
		:: break
		:: flips < FLIPS -> to_local(); flips++
		fi
	od;
	unload()
}

/* Who writes to a CPU's online file. */
proctype hotplug(byte c) UNLESS_INTERRUPTED
{
	byte at, copy;
#ifdef LIVE
	bool ours;
#endif

	take_down();
	at = 0
}

#ifdef INTERRUPTS
/* An interrupt that tries the lock of the batch of the CPU it came to: a PwTryLock. */
proctype interrupt()
{
	byte c, at;
	bool taken;

	atomic {
		if
		:: online[0] -> c = 0
		:: online[1] -> c = 1
		fi;
		at = c;
		interrupted[c] = true
	};
	try_lock_pinned(BATCH + c);
	if
	:: taken -> atomic { unlock_as(LOCAL, BATCH + c) }
	:: else
	fi;
	interrupted[c] = false
}
#endif

init {
	atomic {
		batch[GOING_DOWN] = 1;
		added = 1;
		/* First, because processes go in the order opposite to that in which they came. */
		run worker(0);
		run worker(1);
		run adder();
		run requester();
#ifndef ONE_REQUESTER
		run requester();
#endif
		run switcher();
#ifdef HOTPLUG
		run hotplug(GOING_DOWN);
#endif
#ifdef INTERRUPTS
		run interrupt();
#endif
	};
	/* All but the workers have come to their end. */
	atomic {
		_nr_pr == 1 + CPUS && is_idle(0) && is_idle(1) ->
		must(CONSERVATION, added == (listed | batch[0] | batch[1]));
		must(CONSERVATION, (listed & (batch[0] | batch[1])) == 0);
		must(UNLOCK, pinned[0] == NOBODY && pinned[1] == NOBODY);
		must(UNLOCK, !locked(BATCH) && !locked(BATCH + 1));
		must(UNLOCK, !locked(HAND) && !locked(HAND + 1))
	}
}
