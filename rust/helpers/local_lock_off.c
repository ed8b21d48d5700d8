// SPDX-License-Identifier: GPL-2.0

/*
 * CONFIG_PWLOCKS=n: the lock types are the kernel's local locks and every operation is theirs.
 * Work always runs on its owner CPU, so an owner token names this CPU, or one that is dead.
 */

#include <linux/export.h>
#include <linux/local_lock.h>
#include <linux/percpu.h>

#include "pwlocks.h"

#ifdef CONFIG_DEBUG_LOCK_ALLOC
/* One class per lock, named after it: that of init() would be one for all locks. */
#define pw_init_class(l, name, key)							\
	lockdep_init_map_type(&(l)->ll.dep_map, name, key, 0, LD_WAIT_CONFIG,		\
			      LD_WAIT_INV, LD_LOCK_PERCPU)
#else
#define pw_init_class(l, name, key)	do { } while (0)
#endif

#define pw_taken(l)	((struct pw_taken) { (void *)(l), PW_HOW_LOCAL })
#define PW_NOT_TAKEN	pw_taken(NULL)

/* The operations that both types have; @init is what initialises the type's local lock. */
#define DEFINE_PW_OFF(prefix, type, init)						\
void prefix##_lock_init(type *l, const char *name, struct lock_class_key *key)		\
{											\
	init(&l->ll);									\
	pw_init_class(l, name, key);							\
}											\
EXPORT_SYMBOL_GPL(prefix##_lock_init);							\
											\
notrace type *prefix##_lock_local(type __percpu *lock)					\
{											\
	local_lock(&lock->ll);								\
	return this_cpu_ptr(lock);							\
}											\
EXPORT_SYMBOL_GPL(prefix##_lock_local);							\
											\
notrace void prefix##_unlock_local(type *l)						\
{											\
	__local_unlock(&l->ll);								\
}											\
EXPORT_SYMBOL_GPL(prefix##_unlock_local);						\
											\
notrace type *prefix##_lock_local_irqsave(type __percpu *lock, unsigned long *flags)	\
{											\
	unsigned long f;								\
											\
	local_lock_irqsave(&lock->ll, f);						\
	*flags = f;									\
	return this_cpu_ptr(lock);							\
}											\
EXPORT_SYMBOL_GPL(prefix##_lock_local_irqsave);						\
											\
notrace void prefix##_unlock_local_irqrestore(type *l, unsigned long flags)		\
{											\
	__local_unlock_irqrestore(&l->ll, flags);					\
}											\
EXPORT_SYMBOL_GPL(prefix##_unlock_local_irqrestore);					\
											\
struct pw_taken prefix##_lock_owner(type __percpu *lock, unsigned int cpu,		\
				   enum pw_token token)					\
{											\
	type *l;									\
											\
	if (token == PW_TOKEN_DEAD) {							\
		l = per_cpu_ptr(lock, cpu);						\
		__local_lock(&l->ll);							\
		return pw_taken(l);							\
	}										\
											\
	l = prefix##_lock_local(lock);							\
	if (likely(smp_processor_id() == cpu))						\
		return pw_taken(l);							\
	prefix##_unlock_local(l);							\
	return PW_NOT_TAKEN;								\
}											\
EXPORT_SYMBOL_GPL(prefix##_lock_owner);							\
											\
void prefix##_unlock_owner(type *l, unsigned long how)					\
{											\
	prefix##_unlock_local(l);							\
}											\
EXPORT_SYMBOL_GPL(prefix##_unlock_owner);						\
											\
struct pw_taken prefix##_lock_owner_irqsave(type __percpu *lock, unsigned int cpu,	\
					    enum pw_token token, unsigned long *flags)	\
{											\
	unsigned long f;								\
	type *l;									\
											\
	if (token == PW_TOKEN_DEAD) {							\
		l = per_cpu_ptr(lock, cpu);						\
		__local_lock_irqsave(&l->ll, f);					\
		*flags = f;								\
		return pw_taken(l);							\
	}										\
											\
	l = prefix##_lock_local_irqsave(lock, flags);					\
	if (likely(smp_processor_id() == cpu))						\
		return pw_taken(l);							\
	prefix##_unlock_local_irqrestore(l, *flags);					\
	return PW_NOT_TAKEN;								\
}											\
EXPORT_SYMBOL_GPL(prefix##_lock_owner_irqsave);						\
											\
void prefix##_unlock_owner_irqrestore(type *l, unsigned long how, unsigned long flags)	\
{											\
	prefix##_unlock_local_irqrestore(l, flags);					\
}											\
EXPORT_SYMBOL_GPL(prefix##_unlock_owner_irqrestore);					\
											\
void prefix##_assert_held(type *l, type __percpu *lock)					\
{											\
	lockdep_assert_held(&l->ll);							\
}											\
EXPORT_SYMBOL_GPL(prefix##_assert_held)

DEFINE_PW_OFF(pwlocks, struct pw_lock, local_lock_init);
DEFINE_PW_OFF(pwlocks_tl, struct pw_trylock, local_trylock_init);

notrace struct pw_trylock *pwlocks_trylock_local(struct pw_trylock __percpu *lock)
{
	if (!local_trylock(&lock->ll))
		return NULL;
	return this_cpu_ptr(lock);
}
EXPORT_SYMBOL_GPL(pwlocks_trylock_local);

notrace struct pw_trylock *pwlocks_trylock_local_irqsave(struct pw_trylock __percpu *lock,
							 unsigned long *flags)
{
	unsigned long f;

	if (!local_trylock_irqsave(&lock->ll, f))
		return NULL;
	*flags = f;
	return this_cpu_ptr(lock);
}
EXPORT_SYMBOL_GPL(pwlocks_trylock_local_irqsave);

struct pw_taken pwlocks_trylock_owner(struct pw_trylock __percpu *lock, unsigned int cpu,
				      enum pw_token token)
{
	struct pw_trylock *l;

	if (token == PW_TOKEN_DEAD)
		return pwlocks_tl_lock_owner(lock, cpu, token);

	l = pwlocks_trylock_local(lock);
	if (!l)
		return PW_NOT_TAKEN;
	if (likely(smp_processor_id() == cpu))
		return pw_taken(l);
	pwlocks_tl_unlock_local(l);
	return PW_NOT_TAKEN;
}
EXPORT_SYMBOL_GPL(pwlocks_trylock_owner);
