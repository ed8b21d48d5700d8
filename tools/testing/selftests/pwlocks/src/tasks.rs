// SPDX-License-Identifier: GPL-2.0

//! What the kernel's tasks are doing.

use crate::{kernel_file, ktap::Trouble};
use nix::unistd::Pid;
use std::fs;

/// How often a task, of any process, was switched out against its will.
pub fn involuntary_switches(task: Pid) -> Result<u64, Trouble> {
    // A thread has a folder of its own there, too, which a listing does not show.
    let path = format!("/proc/{task}/status");
    let status = kernel_file::read(&path)?;

    status
        .lines()
        .find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"))
        .and_then(|count| count.trim().parse().ok())
        .ok_or_else(|| Trouble::fail(format!("{path} does not count involuntary switches")))
}

/// The stacks that have an address in them which is nobody's: code that is not there any more. Each
/// with the task's name.
///
/// A stack that can't be read is that of a task that has ended meanwhile.
pub fn in_freed_code() -> Result<Vec<String>, Trouble> {
    let mut found = Vec::new();

    for process in fs::read_dir("/proc")? {
        let tasks = process?.path().join("task");
        for task in fs::read_dir(tasks).into_iter().flatten().flatten() {
            let stack = fs::read_to_string(task.path().join("stack")).unwrap_or_default();
            if stack.lines().any(is_unknown) {
                let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
                found.push(format!("{}: {stack}", name.trim()));
            }
        }
    }
    Ok(found)
}

/// Whether a line, `[<0>] function+0x12/0x34 [module]`, has a bare address for a function.
fn is_unknown(line: &str) -> bool {
    line.split_once("] ")
        .is_some_and(|(_, function)| function.starts_with("0x"))
}

#[cfg(test)]
mod tests {
    use super::is_unknown;

    #[test]
    fn lines() {
        assert!(is_unknown("[<0>] 0xffffffffc0401234"));
        assert!(!is_unknown("[<0>] drain+0x12/0x34 [mm_swap_live]"));
        assert!(!is_unknown("[<0>] do_syscall_64+0x5d/0x90"));
    }
}
