// SPDX-License-Identifier: GPL-2.0

/* arch/x86/include/asm/{apic,nmi}.h: non-maskable interrupts on a CPU of one's choice. */

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/preempt.h>
#include <linux/processor.h>
#include <linux/smp.h>

#include <asm/apic.h>
#include <asm/irq_vectors.h>
#include <asm/nmi.h>

#include "pwlocks_test.h"

#define PWLOCKS_TEST_NMI	"pwlocks_test"

/* What the next NMI of ours calls. One at a time. */
static struct {
	void		(*func)(void *ctx);
	void		*ctx;
	atomic_t	calls;
} pwlocks_test_nmi;

/* The CPU that it is for: an NMI does not say what it is about, and others have them as well. */
static struct cpumask pwlocks_test_nmi_cpu;

static int pwlocks_test_nmi_handle(unsigned int type, struct pt_regs *regs)
{
	if (!cpumask_test_and_clear_cpu(smp_processor_id(), &pwlocks_test_nmi_cpu))
		return NMI_DONE;
	pwlocks_test_nmi.func(pwlocks_test_nmi.ctx);
	atomic_inc_return_release(&pwlocks_test_nmi.calls);
	return NMI_HANDLED;
}

int pwlocks_test_nmi_begin(void)
{
	return register_nmi_handler(NMI_LOCAL, pwlocks_test_nmi_handle, 0, PWLOCKS_TEST_NMI);
}

/* May sleep. */
void pwlocks_test_nmi_end(void)
{
	unregister_nmi_handler(NMI_LOCAL, PWLOCKS_TEST_NMI);
}

/*
 * Calls @func(@ctx) in an NMI on @cpu and waits for it. The caller may be on @cpu, also with
 * interrupts off, when jiffies may stand still. The kernel's own senders are static calls that
 * modules can't use; the driver they come from is exported.
 */
int pwlocks_test_nmi_call(unsigned int cpu, void (*func)(void *ctx), void *ctx)
{
	int before = atomic_read(&pwlocks_test_nmi.calls);
	ktime_t until = ktime_add_ms(ktime_get(), 10 * MSEC_PER_SEC);

	pwlocks_test_nmi.func = func;
	pwlocks_test_nmi.ctx = ctx;
	/* Before the mask, which lets a handler read them. */
	smp_mb__before_atomic();
	cpumask_set_cpu(cpu, &pwlocks_test_nmi_cpu);
	apic->send_IPI(cpu, NMI_VECTOR);

	while (atomic_read_acquire(&pwlocks_test_nmi.calls) == before) {
		/* Whoever clears the mask decides: a call that has begun is waited for. */
		if (ktime_after(ktime_get(), until) &&
		    cpumask_test_and_clear_cpu(cpu, &pwlocks_test_nmi_cpu))
			return -ETIMEDOUT;
		cpu_relax();
	}
	return 0;
}

bool pwlocks_test_in_nmi(void)
{
	return in_nmi();
}
