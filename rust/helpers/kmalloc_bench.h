/* SPDX-License-Identifier: GPL-2.0 */
/* What the Rust side of kmalloc_bench.ko finds in C; rust/kmalloc_bench/ffi.rs is its mirror. */
#ifndef _KMALLOC_BENCH_H
#define _KMALLOC_BENCH_H

#include <linux/types.h>

/* kmalloc_bench_moduleparam.c */
extern unsigned long kmalloc_bench_size;
extern unsigned long kmalloc_bench_iterations;
extern unsigned int kmalloc_bench_rounds;
extern char *kmalloc_bench_pattern;
extern unsigned int kmalloc_bench_nested;
extern unsigned long long kmalloc_bench_seed;

/* kmalloc_bench_preempt.c */
const char *kmalloc_bench_outer_name(void);
void kmalloc_bench_outer_enter(void);
void kmalloc_bench_outer_leave(void);

/* kmalloc_bench_irqflags.c */
unsigned long kmalloc_bench_irq_save(void);
void kmalloc_bench_irq_restore(unsigned long flags);

/* kmalloc_bench_sched.c */
void kmalloc_bench_resched(void);
unsigned long kmalloc_bench_switches(void);

/* kmalloc_bench_utsname.c */
const char *kmalloc_bench_release(void);

#endif /* _KMALLOC_BENCH_H */
