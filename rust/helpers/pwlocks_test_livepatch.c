// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/livepatch.h: pwlocks_test_livepatch.ko, somebody else's livepatch of a function that
 * mm_swap_live.ko replaces. With it lru_add_drain_all() does nothing; who calls that puts up with
 * pages that can't be had just now.
 */

#include <linux/livepatch.h>
#include <linux/module.h>

static void pwlocks_test_drain_nothing(void)
{
}

static struct klp_func pwlocks_test_funcs[] = {
	{
		.old_name = "lru_add_drain_all",
		.new_func = pwlocks_test_drain_nothing,
	},
	{ }
};

static struct klp_object pwlocks_test_objects[] = {
	{ .funcs = pwlocks_test_funcs },
	{ }
};

static struct klp_patch pwlocks_test_patch = {
	.mod = THIS_MODULE,
	.objs = pwlocks_test_objects,
};

static int __init pwlocks_test_livepatch_init(void)
{
	return klp_enable_patch(&pwlocks_test_patch);
}
module_init(pwlocks_test_livepatch_init);

/* For the module to be unloaded, once the patch is disabled by sysfs. */
static void __exit pwlocks_test_livepatch_exit(void)
{
}
module_exit(pwlocks_test_livepatch_exit);

MODULE_DESCRIPTION("A livepatch that is in the way of mm_swap_live");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
