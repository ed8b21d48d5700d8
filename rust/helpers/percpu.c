// SPDX-License-Identifier: GPL-2.0

/* include/linux/percpu.h: dynamic per-CPU storage. */

#include <linux/percpu.h>

#include "pwlocks.h"

/* One zeroed object per possible CPU, or NULL. May sleep. */
void __percpu *pwlocks_percpu_alloc(size_t size, size_t align)
{
	return __alloc_percpu(size, align);
}
EXPORT_SYMBOL_GPL(pwlocks_percpu_alloc);

void pwlocks_percpu_free(void __percpu *ptr)
{
	free_percpu(ptr);
}
EXPORT_SYMBOL_GPL(pwlocks_percpu_free);

void *pwlocks_percpu_ptr(void __percpu *ptr, unsigned int cpu)
{
	return per_cpu_ptr(ptr, cpu);
}
EXPORT_SYMBOL_GPL(pwlocks_percpu_ptr);
