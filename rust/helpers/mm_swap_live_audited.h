/* SPDX-License-Identifier: GPL-2.0 */
/* Which kernel the module may touch, and which one runs. bindgen reads this file as well. */
#ifndef _MM_SWAP_LIVE_AUDITED_HELPERS_H
#define _MM_SWAP_LIVE_AUDITED_HELPERS_H

/* mm_swap_live_audited.c */
const char *mm_swap_live_audited_release(void);
const char *mm_swap_live_audited_version(void);
const char *mm_swap_live_audited_build_id(void);
const char *mm_swap_live_running_release(void);
const char *mm_swap_live_running_version(void);

#endif /* _MM_SWAP_LIVE_AUDITED_HELPERS_H */
