/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the Rust side of pwlocks.ko calls in C, and the lock words it embeds.
 *
 * bindgen reads this file (rust/bindings/), and the C files beside it include it, so that a
 * prototype can't differ between the two languages.
 */
#ifndef _PWLOCKS_HELPERS_H
#define _PWLOCKS_HELPERS_H

#include <linux/list.h>
#include <linux/local_lock.h>
#include <linux/lockdep.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <asm/ibt.h>

#ifndef CONFIG_SMP
#error "pwlocks needs CONFIG_SMP: on a uniprocessor spin_trylock() always succeeds and there is no other CPU to take a lock"
#endif

#ifdef CONFIG_PWLOCKS
/*
 * The lock word of one CPU. On PREEMPT_RT a local lock is a per-CPU spinlock_t, which any CPU may
 * take, so it serves both modes. Elsewhere a local lock is preemption off and, outside of lockdep
 * builds, no storage, and remote mode needs a spinlock beside it. The two are not a union: while the
 * mode is being switched one context may hold the one and an interrupt on the same CPU look at the
 * other.
 */
struct pw_lock {
	local_lock_t	ll;
#ifndef CONFIG_PREEMPT_RT
	spinlock_t	sl;
	/*
	 * Bit 0: held as a local lock. It tells the unlock what was taken, a try that the lock is
	 * held, and a nested acquisition, which in remote mode would deadlock, from a first one.
	 */
	unsigned long	local;
#endif
	/* Nonzero while the holder came by an owner token in remote mode. */
	u16		remote;
};
/* The two types differ by what Rust lets one do with them. */
#define pw_trylock pw_lock
#else
/* The bare local locks: nothing is added to them, see include/linux/local_lock.h. */
struct pw_lock {
	local_lock_t	ll;
};

struct pw_trylock {
	local_trylock_t	ll;
};
#endif

/* How a lock was taken by an owner token, which is how it must be released. */
enum pw_how {
	/* The lock of this CPU, pinned to it, as pwlocks_lock_local() takes it. */
	PW_HOW_LOCAL = 0,
	/* The spinlock of the CPU that the token names. */
	PW_HOW_REMOTE = 1,
	/* Nothing was taken: a sabotage only. */
	PW_HOW_NONE = 2,
};

/* Whose an owner token is, which says what it opens. */
enum pw_token {
	/* A worker that was queued on the owner CPU: that CPU's lock, while it runs there. */
	PW_TOKEN_WORKER = 0,
	/* The requester, who does the work itself: the owner's spinlock, from anywhere. */
	PW_TOKEN_REQUESTER = 1,
	/* The hotplug callback of a CPU that is dead: its spinlock, in both modes. */
	PW_TOKEN_DEAD = 2,
};

/* What locking by an owner token returns: two registers. @lock is NULL where it was refused. */
struct pw_taken {
	void		*lock;
	unsigned long	how;
};

/* key.c */
void pwlocks_key_set(bool spin);
bool pwlocks_key_is_set(void);

/* srcu.c */
bool pwlocks_mode_is_remote(void);
bool pwlocks_requester_begin(int *section);
void pwlocks_requester_end(int section);
void pwlocks_requesters_allow(void);
void pwlocks_requesters_forbid(void);
void pwlocks_requesters_wait(void);

/* rcupdate.c */
void pwlocks_wait_for_local_sections(bool tasks);

/* mutex.c */
void pwlocks_switch_lock(void);
void pwlocks_switch_unlock(void);

/*
 * notifier.c; rust/pwlocks/switch.rs. Who has to know of a change of mode; what the callbacks are
 * for is told in rust/pwlocks/notifier.rs.
 */
struct pw_notifier {
	void		*ctx;
	const char	*name;
	/* Whether what enter() does needs synchronize_rcu_tasks() to have taken effect. */
	bool		tasks;
	int		(*enter)(void *ctx);
	void		(*remote_allowed)(void *ctx);
	void		(*remote_forbidden)(void *ctx);
	void		(*leave)(void *ctx);
};
int pwlocks_notifier_add(struct pw_notifier *notifier);
void pwlocks_notifier_remove(struct pw_notifier *notifier);

#ifdef CONFIG_PWLOCKS
#define __pw_hot notrace __noendbr
#else
#define __pw_hot notrace
#endif

/* local_lock.c; local_lock_off.c with CONFIG_PWLOCKS=n */
void pwlocks_lock_init(struct pw_lock *l, const char *name, struct lock_class_key *key);
__pw_hot struct pw_lock *pwlocks_lock_local(struct pw_lock __percpu *lock);
__pw_hot void pwlocks_unlock_local(struct pw_lock *l);
__pw_hot struct pw_lock *pwlocks_lock_local_irqsave(struct pw_lock __percpu *lock,
						    unsigned long *flags);
__pw_hot void pwlocks_unlock_local_irqrestore(struct pw_lock *l, unsigned long flags);
struct pw_taken pwlocks_lock_owner(struct pw_lock __percpu *lock, unsigned int cpu,
				   enum pw_token token);
void pwlocks_unlock_owner(struct pw_lock *l, unsigned long how);
struct pw_taken pwlocks_lock_owner_irqsave(struct pw_lock __percpu *lock, unsigned int cpu,
					   enum pw_token token, unsigned long *flags);
void pwlocks_unlock_owner_irqrestore(struct pw_lock *l, unsigned long how, unsigned long flags);
void pwlocks_assert_held(struct pw_lock *l, struct pw_lock __percpu *lock);

#ifndef CONFIG_PWLOCKS
/* The same of the trylock type, which is a type of its own only here. */
void pwlocks_tl_lock_init(struct pw_trylock *l, const char *name, struct lock_class_key *key);
notrace struct pw_trylock *pwlocks_tl_lock_local(struct pw_trylock __percpu *lock);
notrace void pwlocks_tl_unlock_local(struct pw_trylock *l);
notrace struct pw_trylock *pwlocks_tl_lock_local_irqsave(struct pw_trylock __percpu *lock,
							 unsigned long *flags);
notrace void pwlocks_tl_unlock_local_irqrestore(struct pw_trylock *l, unsigned long flags);
struct pw_taken pwlocks_tl_lock_owner(struct pw_trylock __percpu *lock, unsigned int cpu,
				      enum pw_token token);
void pwlocks_tl_unlock_owner(struct pw_trylock *l, unsigned long how);
struct pw_taken pwlocks_tl_lock_owner_irqsave(struct pw_trylock __percpu *lock, unsigned int cpu,
					      enum pw_token token, unsigned long *flags);
void pwlocks_tl_unlock_owner_irqrestore(struct pw_trylock *l, unsigned long how,
					unsigned long flags);
void pwlocks_tl_assert_held(struct pw_trylock *l, struct pw_trylock __percpu *lock);
#endif

/* What only the trylock type offers. Never waits; NULL where it was refused. */
__pw_hot struct pw_trylock *pwlocks_trylock_local(struct pw_trylock __percpu *lock);
__pw_hot struct pw_trylock *pwlocks_trylock_local_irqsave(struct pw_trylock __percpu *lock,
							  unsigned long *flags);
struct pw_taken pwlocks_trylock_owner(struct pw_trylock __percpu *lock, unsigned int cpu,
				      enum pw_token token);

/* percpu.c */
void __percpu *pwlocks_percpu_alloc(size_t size, size_t align);
void pwlocks_percpu_free(void __percpu *ptr);
void *pwlocks_percpu_ptr(void __percpu *ptr, unsigned int cpu);

/* cpumask.c */
int pwlocks_next_possible_cpu(int cpu);
bool pwlocks_cpu_possible(unsigned int cpu);
bool pwlocks_cpu_online(unsigned int cpu);

/* cpuhotplug.c */
struct pw_cpuhp {
	struct hlist_node	node;
	void			(*dead)(void *ctx, unsigned int cpu);
	void			*ctx;
};
int pwlocks_cpuhp_init(void);
void pwlocks_cpuhp_exit(void);
int pwlocks_cpuhp_add(struct pw_cpuhp *hp);
void pwlocks_cpuhp_remove(struct pw_cpuhp *hp);

/* isolation.c */
bool pwlocks_kernel_noise_isolated(void);
bool pwlocks_domain_isolated(void);

/* workqueue.c */
struct workqueue_struct *pwlocks_workqueue_alloc(const char *name);

/* stats.c */
struct pw_stats {
	/* Work run for this CPU on the caller. */
	u64	remote;
	/* Work queued on this CPU. */
	u64	queued;
	/* Times this CPU found its lock held by a remote holder. */
	u64	waited;
};
void pwlocks_count_queue(unsigned int cpu, bool inline_run);
void pwlocks_stats_read(unsigned int cpu, struct pw_stats *stats);

/* trace.c */
void pwlocks_trace_queue(unsigned int cpu, bool inline_run);
void pwlocks_trace_run(unsigned int cpu, bool inline_run);

#endif /* _PWLOCKS_HELPERS_H */
