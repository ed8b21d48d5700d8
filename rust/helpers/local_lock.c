// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/local_lock.h and include/linux/spinlock.h: taking one CPU's lock, and releasing
 * what was taken. PREEMPT_RT or not, and which primitive, is decided here and nowhere else.
 *
 * What was taken is recorded where only the holder writes: a lock of this CPU records it in its
 * lock word (->local: the local lock; clear: the spinlock), a lock taken by an owner token in
 * what the operation returns. Unlock releases what is recorded and never reads the key, so a change
 * of mode in between can't make the two disagree.
 *
 * While the mode is switched, the two primitives are both in use on one CPU, one in a context that
 * has not ended and the other in one that came later. rust/pwlocks/switch.rs shows why that
 * excludes all the same.
 *
 * The six functions marked __pw_hot are called directly by the Rust side, and by nothing else:
 * they need neither an ftrace entry nor an ENDBR, each of which is an instruction per call.
 */

#include <linux/annotate.h>
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/local_lock.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>

#include "key.h"
#include "pwlocks.h"
#include "sabotage.h"
#include "stats.h"
#include "stretch.h"

#define EXPORT_PW_HOT(f)	ANNOTATE_NOENDBR_SYM(f); EXPORT_SYMBOL_GPL(f)

#define pw_taken(lock, how)	((struct pw_taken) { (lock), (how) })
#define PW_NOT_TAKEN		pw_taken(NULL, PW_HOW_LOCAL)

/*
 * Outside of debug builds preemption is counted once, by the caller, and the uncontended spinlock is
 * inline. A debug build takes the long way, for lockdep to see an ordinary spin_lock().
 */
#if !defined(CONFIG_PREEMPT_RT) && !defined(CONFIG_DEBUG_SPINLOCK) && \
	!defined(CONFIG_DEBUG_LOCK_ALLOC)
#define PW_INLINE_SPIN
#endif

static __always_inline spinlock_t *pw_spinlock(struct pw_lock *l)
{
#ifdef CONFIG_PREEMPT_RT
	return &l->ll;
#else
	return &l->sl;
#endif
}

static __always_inline bool pw_spin_trylock(struct pw_lock *l)
{
#ifdef PW_INLINE_SPIN
	return do_raw_spin_trylock(&l->sl.rlock);
#else
	return spin_trylock(pw_spinlock(l));
#endif
}

/* Nonzero if it is. Not a bool, which would cost an instruction to make. */
static __always_inline unsigned int pw_spin_is_locked(struct pw_lock *l)
{
#ifdef PW_INLINE_SPIN
	return raw_spin_is_locked(&l->sl.rlock);
#else
	return spin_is_locked(pw_spinlock(l));
#endif
}

static __always_inline void pw_spin_unlock(struct pw_lock *l)
{
#ifdef PW_INLINE_SPIN
	do_raw_spin_unlock(&l->sl.rlock);
#else
	spin_unlock(pw_spinlock(l));
#endif
}

/*
 * Contended: count the wait where the holder is a remote drainer, then wait as anybody would.
 * Returns its argument for the hot path to leave by a tail call.
 */
static noinline notrace struct pw_lock *pw_spin_wait(struct pw_lock *l)
{
	if (READ_ONCE(l->remote))
		pw_count_wait();
#ifdef PW_INLINE_SPIN
	do_raw_spin_lock(&l->sl.rlock);
#else
	spin_lock(pw_spinlock(l));
#endif
	return l;
}

static __always_inline struct pw_lock *pw_spin_lock(struct pw_lock *l)
{
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	/* A successful trylock would hide the lock order from lockdep. */
	if (unlikely(pw_spin_is_locked(l)))
		return pw_spin_wait(l);
	spin_lock(pw_spinlock(l));
#else
	if (unlikely(!pw_spin_trylock(l)))
		return pw_spin_wait(l);
#endif
	return l;
}

/* A lock taken by an owner token: any CPU's spinlock, with nobody pinned to anything. */
static __always_inline struct pw_taken pw_taken_remote(struct pw_lock *l)
{
	WRITE_ONCE(l->remote, 1);
	return pw_taken(l, PW_HOW_REMOTE);
}

#ifdef CONFIG_PREEMPT_RT

/*
 * A local lock is this CPU's spinlock, in both modes: there is one way to take it and no key.
 * Interrupts stay enabled in the irqsave forms, as in local_lock_irqsave().
 *
 * local_lock() excludes migration before it computes the address, and the spinlock, once taken,
 * excludes it again. The second is enough if the address is looked at again: a task that migrated
 * in between holds the lock of the CPU it left, has touched nothing, lets go and starts over.
 */

/* An rt_mutex is taken by tasks only, and its unlock may wake one: no trylock in hard context. */
#define pw_trylock_allowed()	(!(in_nmi() | in_hardirq()))

static __always_inline struct pw_lock *pw_lock_this(struct pw_lock __percpu *lock)
{
	struct pw_lock *l;

	for (;;) {
		l = pw_sabotage_window(raw_cpu_ptr(lock));
		pwlocks_stretch_time();
		l = pw_spin_lock(l);
		if (likely(pw_sabotage_pinned(l == this_cpu_ptr(lock))))
			return l;
		pw_spin_unlock(l);
	}
}

static __always_inline struct pw_lock *pw_trylock_this(struct pw_lock __percpu *lock)
{
	struct pw_lock *l;

	for (;;) {
		l = raw_cpu_ptr(lock);
		pwlocks_stretch_time();
		if (!pw_spin_trylock(l))
			return NULL;
		if (likely(l == this_cpu_ptr(lock)))
			return l;
		pw_spin_unlock(l);
	}
}

static __always_inline void pw_unlock_this(struct pw_lock *l)
{
	pw_spin_unlock(l);
}

#define pw_lock_this_irqsave(lock, flags)	({ (flags) = 0; pw_lock_this(lock); })
#define pw_trylock_this_irqsave(lock, flags)	({ (flags) = 0; pw_trylock_this(lock); })
#define pw_unlock_this_irqrestore(l, flags)	pw_unlock_this(l)

#else /* !CONFIG_PREEMPT_RT */

#define pw_trylock_allowed()	true

/*
 * Takes this CPU's lock; the caller is pinned to the CPU. Between the look at the key and the lock is
 * where a change of mode must not overtake.
 */
static __always_inline struct pw_lock *pw_lock_pinned(struct pw_lock *l)
{
	if (pw_spins()) {
		pwlocks_stretch_time();
		return pw_spin_lock(l);
	}
	pwlocks_stretch_time();

	/*
	 * Where remote mode would deadlock on nesting, local mode must not return either: two
	 * guards would alias the data. Testing and setting in one is an instruction fewer.
	 */
	BUG_ON(__test_and_set_bit(0, &l->local));
	local_lock_acquire(&l->ll);
	return l;
}

static __always_inline bool pw_trylock_pinned(struct pw_lock *l)
{
	/*
	 * Unlike a lock, a try may interrupt a holder. That one may have taken the lock before the
	 * key was changed, so whichever way is in force, the other must be free as well. Nobody on
	 * another CPU can take the other meanwhile, and an interrupt in between leaves it as it
	 * found it.
	 */
	if (pw_spins()) {
		pwlocks_stretch_time();
		return !l->local && pw_spin_trylock(l);
	}
	pwlocks_stretch_time();

	/* Only this CPU writes ->local. */
	if (pw_spin_is_locked(l) | l->local)
		return false;
	l->local = 1;
	local_trylock_acquire(&l->ll);
	return true;
}

static __always_inline void pw_unlock_pinned(struct pw_lock *l)
{
#ifdef SABOTAGE_UNLOCK_REREADS_KEY
	if (!pw_spins()) {
		l->local = 0;
		return;
	}
#elif defined(CONFIG_DEBUG_LOCK_ALLOC)
	/* The owner is forgotten before the lock is free: an NMI may take it at once. */
	if (likely(l->local)) {
		local_lock_release(&l->ll);
		WRITE_ONCE(l->local, 0);
		return;
	}
#else
	if (likely(__test_and_clear_bit(0, &l->local)))
		return;
#endif
	pw_spin_unlock(l);
}

/*
 * Preemption is off before the address is computed, although the spinlock would do it again: a
 * task that migrated in between would lock another CPU's state and call it its own.
 */
static __always_inline struct pw_lock *pw_lock_this(struct pw_lock __percpu *lock)
{
	struct pw_lock *l;

	PW_PIN(preempt_disable(), l, lock);
	return pw_lock_pinned(l);
}

static __always_inline void pw_unlock_this(struct pw_lock *l)
{
	pw_unlock_pinned(l);
	preempt_enable();
}

static __always_inline struct pw_lock *pw_trylock_this(struct pw_lock __percpu *lock)
{
	struct pw_lock *l;

	preempt_disable();
	l = this_cpu_ptr(lock);
	if (pw_trylock_pinned(l))
		return l;
	preempt_enable();
	return NULL;
}

/* Interrupts off keep the task on its CPU as well. */
#define pw_lock_this_irqsave(lock, flags)				\
({									\
	local_irq_save(flags);						\
	pw_lock_pinned(this_cpu_ptr(lock));				\
})

#define pw_trylock_this_irqsave(lock, flags)				\
({									\
	struct pw_lock *__l;						\
									\
	local_irq_save(flags);						\
	__l = this_cpu_ptr(lock);					\
	if (!pw_trylock_pinned(__l)) {					\
		local_irq_restore(flags);				\
		__l = NULL;						\
	}								\
	__l;								\
})

#define pw_unlock_this_irqrestore(l, flags)				\
do {									\
	pw_unlock_pinned(l);						\
	local_irq_restore(flags);					\
} while (0)

#endif /* !CONFIG_PREEMPT_RT */

void pwlocks_lock_init(struct pw_lock *l, const char *name, struct lock_class_key *key)
{
	local_lock_init(&l->ll);
#ifndef CONFIG_PREEMPT_RT
	l->local = 0;
	spin_lock_init(&l->sl);
#endif
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	/* One class per lock, named after it, that all its per-CPU instances belong to. */
#ifndef CONFIG_PREEMPT_RT
	lockdep_init_map_type(&l->ll.dep_map, name, key, 0, LD_WAIT_CONFIG, LD_WAIT_INV,
			      LD_LOCK_PERCPU);
#endif
	/* A subclass of its own: the local lock and the spinlock are two locks. */
	lockdep_init_map_type(&pw_spinlock(l)->dep_map, name, key, 1, LD_WAIT_CONFIG,
			      LD_WAIT_INV, LD_LOCK_NORMAL);
#endif
	l->remote = 0;
}
EXPORT_SYMBOL_GPL(pwlocks_lock_init);

__pw_hot struct pw_lock *pwlocks_lock_local(struct pw_lock __percpu *lock)
{
	return pw_lock_this(lock);
}
EXPORT_PW_HOT(pwlocks_lock_local);

__pw_hot void pwlocks_unlock_local(struct pw_lock *l)
{
	pw_unlock_this(l);
}
EXPORT_PW_HOT(pwlocks_unlock_local);

__pw_hot struct pw_lock *pwlocks_lock_local_irqsave(struct pw_lock __percpu *lock,
						    unsigned long *flags)
{
	return pw_lock_this_irqsave(lock, *flags);
}
EXPORT_PW_HOT(pwlocks_lock_local_irqsave);

__pw_hot void pwlocks_unlock_local_irqrestore(struct pw_lock *l, unsigned long flags)
{
	pw_unlock_this_irqrestore(l, flags);
}
EXPORT_PW_HOT(pwlocks_unlock_local_irqrestore);

/*
 * The lock of the CPU that an owner token names. It is the token that says what is taken, never the
 * mode in force: a requester's, and that of a dead CPU, the spinlock, from anywhere; a worker's,
 * this CPU's local lock like anybody's here. Where the worker's CPU went down meanwhile, it runs
 * elsewhere and is refused.
 */
struct pw_taken pwlocks_lock_owner(struct pw_lock __percpu *lock, unsigned int cpu,
				   enum pw_token token)
{
	struct pw_lock *l;

	if (token != PW_TOKEN_WORKER) {
		l = per_cpu_ptr(lock, cpu);
#ifdef SABOTAGE_DEAD_CPU_UNLOCKED
		if (token == PW_TOKEN_DEAD)
			return pw_taken(l, PW_HOW_NONE);
#endif
		pwlocks_stretch_time();
		spin_lock(pw_spinlock(l));
		return pw_taken_remote(l);
	}

	l = pwlocks_lock_local(lock);
	if (likely(smp_processor_id() == cpu))
		return pw_taken(l, PW_HOW_LOCAL);
	pwlocks_unlock_local(l);
	return PW_NOT_TAKEN;
}
EXPORT_SYMBOL_GPL(pwlocks_lock_owner);

void pwlocks_unlock_owner(struct pw_lock *l, unsigned long how)
{
	switch (how) {
	case PW_HOW_LOCAL:
		pwlocks_unlock_local(l);
		break;
	case PW_HOW_REMOTE:
		WRITE_ONCE(l->remote, 0);
		spin_unlock(pw_spinlock(l));
		break;
	}
}
EXPORT_SYMBOL_GPL(pwlocks_unlock_owner);

struct pw_taken pwlocks_lock_owner_irqsave(struct pw_lock __percpu *lock, unsigned int cpu,
					   enum pw_token token, unsigned long *flags)
{
	struct pw_lock *l;
	unsigned long f;

	if (token != PW_TOKEN_WORKER) {
		l = per_cpu_ptr(lock, cpu);
#ifdef SABOTAGE_DEAD_CPU_UNLOCKED
		if (token == PW_TOKEN_DEAD)
			return pw_taken(l, PW_HOW_NONE);
#endif
		pwlocks_stretch_time();
		spin_lock_irqsave(pw_spinlock(l), f);
		*flags = f;
		return pw_taken_remote(l);
	}

	l = pwlocks_lock_local_irqsave(lock, flags);
	if (likely(smp_processor_id() == cpu))
		return pw_taken(l, PW_HOW_LOCAL);
	pwlocks_unlock_local_irqrestore(l, *flags);
	return PW_NOT_TAKEN;
}
EXPORT_SYMBOL_GPL(pwlocks_lock_owner_irqsave);

void pwlocks_unlock_owner_irqrestore(struct pw_lock *l, unsigned long how, unsigned long flags)
{
	switch (how) {
	case PW_HOW_LOCAL:
		pwlocks_unlock_local_irqrestore(l, flags);
		break;
	case PW_HOW_REMOTE:
		WRITE_ONCE(l->remote, 0);
		spin_unlock_irqrestore(pw_spinlock(l), flags);
		break;
	}
}
EXPORT_SYMBOL_GPL(pwlocks_unlock_owner_irqrestore);

__pw_hot struct pw_lock *pwlocks_trylock_local(struct pw_lock __percpu *lock)
{
	if (!pw_trylock_allowed())
		return NULL;
	return pw_trylock_this(lock);
}
EXPORT_PW_HOT(pwlocks_trylock_local);

__pw_hot struct pw_lock *pwlocks_trylock_local_irqsave(struct pw_lock __percpu *lock,
						       unsigned long *flags)
{
	if (!pw_trylock_allowed())
		return NULL;
	return pw_trylock_this_irqsave(lock, *flags);
}
EXPORT_PW_HOT(pwlocks_trylock_local_irqsave);

struct pw_taken pwlocks_trylock_owner(struct pw_lock __percpu *lock, unsigned int cpu,
				      enum pw_token token)
{
	struct pw_lock *l;

	if (!pw_trylock_allowed())
		return PW_NOT_TAKEN;

	if (token != PW_TOKEN_WORKER) {
		l = per_cpu_ptr(lock, cpu);
		if (!spin_trylock(pw_spinlock(l)))
			return PW_NOT_TAKEN;
		return pw_taken_remote(l);
	}

	l = pwlocks_trylock_local(lock);
	if (!l)
		return PW_NOT_TAKEN;
	if (likely(smp_processor_id() == cpu))
		return pw_taken(l, PW_HOW_LOCAL);
	pwlocks_unlock_local(l);
	return PW_NOT_TAKEN;
}
EXPORT_SYMBOL_GPL(pwlocks_trylock_owner);

/*
 * Warns unless @l, the lock that a guard stands for, is held. The guard says which instance that
 * is: a remote holder's is not this CPU's. Free where neither lockdep nor the test build looks.
 */
void pwlocks_assert_held(struct pw_lock *l, struct pw_lock __percpu *lock)
{
#ifdef SABOTAGE_ASSERT_THIS_CPU
	l = raw_cpu_ptr(lock);
#endif
#ifndef CONFIG_PREEMPT_RT
	if (l->local) {
		lockdep_assert_held(&l->ll);
		return;
	}
#endif
	lockdep_assert_held(pw_spinlock(l));
#ifdef CONFIG_PWLOCKS_TEST
	WARN_ON_ONCE(!spin_is_locked(pw_spinlock(l)));
#endif
}
EXPORT_SYMBOL_GPL(pwlocks_assert_held);
