/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stretched time. pwlocks_stretch_time() marks a point between two steps of which somebody else must
 * not see the one without the other, or which another CPU may come between. Where the modules are
 * built with CONFIG_PWLOCKS_STRETCH=y, tasks spin there now and then, so that what takes a few
 * instructions takes long enough to be met by others. In any other build it is nothing.
 */
#ifndef _PWLOCKS_STRETCH_H
#define _PWLOCKS_STRETCH_H

#ifdef CONFIG_PWLOCKS_STRETCH
void pwlocks_stretch_time(void);
#else
static inline void pwlocks_stretch_time(void)
{
}
#endif

#endif /* _PWLOCKS_STRETCH_H */
