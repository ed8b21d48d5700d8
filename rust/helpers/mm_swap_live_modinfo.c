// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/module.h: what modinfo shows. The loader resolves the symbols of the livepatch ELF
 * format, which scripts/klp_link makes, only in a module that says so.
 */

#include <linux/module.h>

MODULE_INFO(livepatch, "Y");
MODULE_VERSION("0.1.0");
