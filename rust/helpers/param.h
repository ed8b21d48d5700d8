/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PWLOCKS_PARAM_H
#define _PWLOCKS_PARAM_H

/* rust/pwlocks/switch.rs: takes a value of pwlocks=; 0 or a negative errno. */
int pwlocks_request_mode(const char *val);

#endif /* _PWLOCKS_PARAM_H */
