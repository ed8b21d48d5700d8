// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/moduleparam.h: the parameters of kmalloc_bench.ko. They are declared here because
 * those of the Rust module! macro are integers only and do not show in sysfs.
 *
 * None is writable once the module is loaded, so that what sysfs shows is what was measured; the
 * Rust side relies on that, too.
 */

#include <linux/module.h>
#include <linux/moduleparam.h>

#include "kmalloc_bench.h"

unsigned long kmalloc_bench_size = 64;
module_param_named(size, kmalloc_bench_size, ulong, 0444);
MODULE_PARM_DESC(size, "bytes per object, 1 to KMALLOC_MAX_SIZE (default 64)");

unsigned long kmalloc_bench_iterations = 9000000;
module_param_named(iterations, kmalloc_bench_iterations, ulong, 0444);
MODULE_PARM_DESC(iterations, "objects allocated and freed per round (default 9000000)");

unsigned int kmalloc_bench_rounds = 5;
module_param_named(rounds, kmalloc_bench_rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "rounds measured, 1 to 1000 (default 5)");

char *kmalloc_bench_pattern = "batch";
module_param_named(pattern, kmalloc_bench_pattern, charp, 0444);
MODULE_PARM_DESC(pattern,
		 "batch: allocate all, then free all (default); pair: allocate and free one at a time; mixed: replace objects of a working set at random");

unsigned int kmalloc_bench_nested;
module_param_named(nested, kmalloc_bench_nested, uint, 0444);
MODULE_PARM_DESC(nested,
		 "1: measure inside an outer preempt_disable(), on PREEMPT_RT migrate_disable(); 0: don't (default)");

unsigned long long kmalloc_bench_seed = 1;
module_param_named(seed, kmalloc_bench_seed, ullong, 0444);
MODULE_PARM_DESC(seed, "seed of the random choice that pattern=mixed makes (default 1)");

MODULE_VERSION("0.1.0");
