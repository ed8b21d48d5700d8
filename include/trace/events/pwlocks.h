/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pwlocks

#if !defined(_TRACE_PWLOCKS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_PWLOCKS_H

#include <linux/tracepoint.h>

/* @cpu: the owner CPU; @inline_run: on the caller (true) or by a worker of the owner CPU. */
DECLARE_EVENT_CLASS(pw_work,

	TP_PROTO(unsigned int cpu, bool inline_run),

	TP_ARGS(cpu, inline_run),

	TP_STRUCT__entry(
		__field(unsigned int,	cpu)
		__field(bool,		inline_run)
	),

	TP_fast_assign(
		__entry->cpu = cpu;
		__entry->inline_run = inline_run;
	),

	TP_printk("cpu=%u %s", __entry->cpu, __entry->inline_run ? "inline" : "queued")
);

/* Work for an owner CPU is about to be run by the caller, or was given to the workqueue. */
DEFINE_EVENT(pw_work, pw_queue,
	TP_PROTO(unsigned int cpu, bool inline_run),
	TP_ARGS(cpu, inline_run)
);

/* The work function starts. */
DEFINE_EVENT(pw_work, pw_run,
	TP_PROTO(unsigned int cpu, bool inline_run),
	TP_ARGS(cpu, inline_run)
);

#endif /* _TRACE_PWLOCKS_H */

#include <trace/define_trace.h>
