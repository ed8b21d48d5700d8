// SPDX-License-Identifier: GPL-2.0

/* include/linux/cpu.h: taking CPUs down and up. */

#include <linux/cpu.h>

#include "pwlocks_test.h"

int pwlocks_test_cpu_down(unsigned int cpu)
{
	return remove_cpu(cpu);
}

int pwlocks_test_cpu_up(unsigned int cpu)
{
	return add_cpu(cpu);
}
