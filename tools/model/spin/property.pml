/* SPDX-License-Identifier: GPL-2.0 */

/*
 * The properties. Each has a number, which the checker's message starts with, so that whoever reads
 * it knows which one does not hold. A mutant is checked for its own property alone (ONLY): it may
 * break others first.
 *
 * One has no number, because the checker looks for it unasked: that everything comes to an end. No
 * process is stuck before its end, and there is no way through the states that goes round for ever.
 */
#define EXCLUSION	1	/* One at a time has one CPU's state. */
#define UNLOCK		2	/* What is unlocked is what was locked, and by whom. */
#define CONSERVATION	3	/* No folio is lost, none is moved twice. */
#define DRAIN_ALL	4	/* Promise 1 of rust/mm/drain.rs. */
#define DRAIN_LOCAL	5	/* Promise 2. */
#define TEXT		6	/* Nobody runs the module's text when it is gone. */

#ifdef ONLY
#define must(property, condition)	assert(property != ONLY || (condition))
#else
#define must(property, condition)	assert(property == 0 || (condition))
#endif
