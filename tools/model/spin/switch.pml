/* SPDX-License-Identifier: GPL-2.0 */

/*
 * The switch: rust/pwlocks/switch.rs, rust/helpers/key.c and rust/helpers/rcupdate.c.
 */

/* pw_switch_mutex */
bool switch_busy;

/* pwlocks_wait_for_local_sections() */
inline wait_for_local_sections()
{
#ifndef MUTANT_NO_GRACE_PERIOD
	notifier_wait_for_tasks();
	synchronize_rcu()
#else
	skip
#endif
}

/* pwlocks_key_set(): patching interrupts one CPU after the other, in any order. */
inline key_set(value)
{
	cpus_read_lock();
	if
	:: key[0] = value; key[1] = value
	:: key[1] = value; key[0] = value
	fi;
	cpus_read_unlock()
}

/* Switch::to_remote(), under pw_switch_mutex. */
inline to_remote()
{
	atomic { !switch_busy -> switch_busy = true };
	notifier_enter();
	key_set(true);
	wait_for_local_sections();
	remote_allowed = true;
	notifier_remote_allowed();
	switch_busy = false
}

/* Switch::to_local() */
inline to_local()
{
	atomic { !switch_busy -> switch_busy = true };
#ifdef MUTANT_KEY_BEFORE_REQUESTERS
	key_set(false);
#endif
	remote_allowed = false;
	notifier_remote_forbidden();
	requesters_wait();
#ifndef MUTANT_KEY_BEFORE_REQUESTERS
	key_set(false);
#endif
	notifier_leave();
	switch_busy = false
}
