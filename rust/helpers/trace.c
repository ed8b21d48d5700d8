// SPDX-License-Identifier: GPL-2.0

/* The tracepoints pwlocks:pw_queue and pwlocks:pw_run, for Rust to call. */

#include <linux/export.h>

#define CREATE_TRACE_POINTS
#include <trace/events/pwlocks.h>

#include "pwlocks.h"

void pwlocks_trace_queue(unsigned int cpu, bool inline_run)
{
	trace_pw_queue(cpu, inline_run);
}
EXPORT_SYMBOL_GPL(pwlocks_trace_queue);

void pwlocks_trace_run(unsigned int cpu, bool inline_run)
{
	trace_pw_run(cpu, inline_run);
}
EXPORT_SYMBOL_GPL(pwlocks_trace_run);
