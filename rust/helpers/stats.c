// SPDX-License-Identifier: GPL-2.0

/*
 * What debugfs shows per owner CPU. Nothing here is reached from an uncontended lock: work is
 * counted where it is queued, waits where they are waited for.
 */

#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/percpu.h>

#include "pwlocks.h"
#include "stats.h"

struct pw_counters {
	atomic64_t	remote;
	atomic64_t	queued;
	atomic64_t	waited;
};

static DEFINE_PER_CPU(struct pw_counters, pw_counters);

void pw_count_wait(void)
{
	/* A task that moves just now, as it may on PREEMPT_RT, waits for the CPU that it left. */
	atomic64_inc(&raw_cpu_ptr(&pw_counters)->waited);
}

/* Work for @cpu was run by the caller, or queued there. */
void pwlocks_count_queue(unsigned int cpu, bool inline_run)
{
	struct pw_counters *c = per_cpu_ptr(&pw_counters, cpu);

	atomic64_inc(inline_run ? &c->remote : &c->queued);
}
EXPORT_SYMBOL_GPL(pwlocks_count_queue);

void pwlocks_stats_read(unsigned int cpu, struct pw_stats *stats)
{
	struct pw_counters *c = per_cpu_ptr(&pw_counters, cpu);

	stats->remote = atomic64_read(&c->remote);
	stats->queued = atomic64_read(&c->queued);
	stats->waited = atomic64_read(&c->waited);
}
