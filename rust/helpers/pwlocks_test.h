/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the Rust side of pwlocks_test.ko calls in C: what the kernel crate has no safe form of, and
 * the C loops that the cost of a lock is compared with. bindgen reads this file (rust/bindings/).
 */
#ifndef _PWLOCKS_TEST_HELPERS_H
#define _PWLOCKS_TEST_HELPERS_H

#include <linux/sched.h>
#include <linux/types.h>

/* pwlocks_test_kthread.c */
struct pwlocks_test_thread;
struct pwlocks_test_thread *pwlocks_test_thread_start(void (*body)(void *ctx, unsigned int index),
						      void *ctx, unsigned int index, int cpu);
struct task_struct *pwlocks_test_thread_task(struct pwlocks_test_thread *thread);
bool pwlocks_test_thread_reap(struct pwlocks_test_thread *thread);
void pwlocks_test_thread_join(struct pwlocks_test_thread *thread);

/* pwlocks_test_sched.c */
int pwlocks_test_move(struct task_struct *task, unsigned int cpu);
void pwlocks_test_pause(void);
bool pwlocks_test_in_worker(void);

/* pwlocks_test_preempt.c: what a lock operation may change in the context it is called from. */
struct pwlocks_test_context {
	int	preempt_count;
	int	migration_disabled;
	int	rcu_depth;
	int	irqs_disabled;
};
void pwlocks_test_context_read(struct pwlocks_test_context *context);
bool pwlocks_test_in_hardirq(void);
bool pwlocks_test_preempt_rt(void);

/* pwlocks_test_smp.c */
int pwlocks_test_call_on(unsigned int cpu, void (*func)(void *ctx), void *ctx);

/* pwlocks_test_nmi.c */
int pwlocks_test_nmi_begin(void);
void pwlocks_test_nmi_end(void);
int pwlocks_test_nmi_call(unsigned int cpu, void (*func)(void *ctx), void *ctx);
bool pwlocks_test_in_nmi(void);

/* pwlocks_test_cpu.c */
int pwlocks_test_cpu_down(unsigned int cpu);
int pwlocks_test_cpu_up(unsigned int cpu);

/* pwlocks_test_lockdep.c */
bool pwlocks_test_lockdep_works(void);
void pwlocks_test_lockdep_acquire(bool raw);
void pwlocks_test_lockdep_release(bool raw);

#ifdef CONFIG_KCSAN
/* pwlocks_test_kcsan.c */
void pwlocks_test_kcsan_touch(u64 *datum);
#endif

/* pwlocks_test_panic.c */
bool pwlocks_test_has_warned(void);

/* pwlocks_test_timex.c */
u64 pwlocks_test_cycles(void);

/* pwlocks_test_local_lock.c */
u64 pwlocks_test_count_nothing(unsigned int n);
u64 pwlocks_test_count_local_lock(unsigned int n);
u64 pwlocks_test_count_local_lock_irqsave(unsigned int n);
u64 pwlocks_test_count_local_trylock(unsigned int n);
size_t pwlocks_test_sizeof_local_lock(void);
size_t pwlocks_test_sizeof_local_trylock(void);

/* pwlocks_test_spinlock.c */
u64 pwlocks_test_count_spin_lock(unsigned int n);
u64 pwlocks_test_count_pinned_spin_lock(unsigned int n);
u64 pwlocks_test_count_spin_lock_irqsave(unsigned int n);
u64 pwlocks_test_count_spin_trylock(unsigned int n);
size_t pwlocks_test_sizeof_spinlock(void);

#endif /* _PWLOCKS_TEST_HELPERS_H */
