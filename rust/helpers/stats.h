/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PWLOCKS_STATS_H
#define _PWLOCKS_STATS_H

/* This CPU waited for a remote holder of its lock. Called pinned, on the contended path only. */
void pw_count_wait(void);

#endif /* _PWLOCKS_STATS_H */
