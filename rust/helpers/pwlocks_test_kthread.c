// SPDX-License-Identifier: GPL-2.0

/* include/linux/kthread.h: threads that run a function once and are waited for. */

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "pwlocks_test.h"

struct pwlocks_test_thread {
	struct task_struct	*task;
	struct completion	started;
	struct completion	done;
	void			(*body)(void *ctx, unsigned int index);
	void			*ctx;
	unsigned int		index;
};

static int pwlocks_test_thread_fn(void *data)
{
	struct pwlocks_test_thread *thread = data;

	complete(&thread->started);
	thread->body(thread->ctx, thread->index);
	complete(&thread->done);
	return 0;
}

/*
 * A thread that calls @body(@ctx, @index), bound to @cpu unless that is negative; or NULL. @ctx
 * has to live until the thread is joined.
 */
struct pwlocks_test_thread *pwlocks_test_thread_start(void (*body)(void *ctx, unsigned int index),
						      void *ctx, unsigned int index, int cpu)
{
	struct pwlocks_test_thread *thread = kzalloc(sizeof(*thread), GFP_KERNEL);
	struct task_struct *task;

	if (!thread)
		return NULL;
	init_completion(&thread->started);
	init_completion(&thread->done);
	thread->body = body;
	thread->ctx = ctx;
	thread->index = index;

	task = kthread_create(pwlocks_test_thread_fn, thread, "pwlocks_test/%u", index);
	if (IS_ERR(task)) {
		kfree(thread);
		return NULL;
	}
	thread->task = get_task_struct(task);
	if (cpu >= 0)
		kthread_bind(task, cpu);
	wake_up_process(task);
	return thread;
}

struct task_struct *pwlocks_test_thread_task(struct pwlocks_test_thread *thread)
{
	return thread->task;
}

/*
 * Returns when the thread is gone, its last instruction in this module included: whether it came
 * back from its body, where the kernel may end it.
 */
bool pwlocks_test_thread_reap(struct pwlocks_test_thread *thread)
{
	bool came_back;

	/* Stopping a thread that did not start yet would keep it from starting. */
	wait_for_completion(&thread->started);
	/* Waits for the task's end, whatever that is. */
	kthread_stop(thread->task);
	came_back = completion_done(&thread->done);
	put_task_struct(thread->task);
	kfree(thread);
	return came_back;
}

/* The same for a thread that does come back. */
void pwlocks_test_thread_join(struct pwlocks_test_thread *thread)
{
	wait_for_completion(&thread->done);
	pwlocks_test_thread_reap(thread);
}
