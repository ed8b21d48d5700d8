/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PWLOCKS_STATS_H
#define _PWLOCKS_STATS_H

/* This CPU waits for a remote holder of its lock. On the contended path only; need not be pinned. */
void pw_count_wait(void);

#endif /* _PWLOCKS_STATS_H */
