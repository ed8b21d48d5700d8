// SPDX-License-Identifier: GPL-2.0

/* include/linux/cpuhotplug.h: callbacks for CPUs that have died, one instance per user. */

#include <linux/cpuhotplug.h>
#include <linux/export.h>

#include "pwlocks.h"

static int pw_cpuhp_state;

static int pw_cpu_dead(unsigned int cpu, struct hlist_node *node)
{
	struct pw_cpuhp *hp = hlist_entry(node, struct pw_cpuhp, node);

	hp->dead(hp->ctx, cpu);
	return 0;
}

/* Makes the state that instances are added to; 0 or a negative errno. May sleep. */
int pwlocks_cpuhp_init(void)
{
	int state = cpuhp_setup_state_multi(CPUHP_BP_PREPARE_DYN, "mm/pwlocks:dead", NULL,
					    pw_cpu_dead);

	if (state < 0)
		return state;
	pw_cpuhp_state = state;
	return 0;
}

void pwlocks_cpuhp_exit(void)
{
	cpuhp_remove_multi_state(pw_cpuhp_state);
}

/*
 * From here on @hp->dead(@hp->ctx, cpu) is called on another CPU, with CPU hotplug locked, after
 * a CPU has gone down. 0 or a negative errno. May sleep.
 */
int pwlocks_cpuhp_add(struct pw_cpuhp *hp)
{
	return cpuhp_state_add_instance_nocalls(pw_cpuhp_state, &hp->node);
}
EXPORT_SYMBOL_GPL(pwlocks_cpuhp_add);

/* Returns when no callback is running; none comes later. May sleep. */
void pwlocks_cpuhp_remove(struct pw_cpuhp *hp)
{
	cpuhp_state_remove_instance_nocalls(pw_cpuhp_state, &hp->node);
}
EXPORT_SYMBOL_GPL(pwlocks_cpuhp_remove);
