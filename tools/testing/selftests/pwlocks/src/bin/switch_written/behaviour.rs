// SPDX-License-Identifier: GPL-2.0

//! What the mode shows itself by: what is displayed, and who does the work.

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use selftests::{
    cpulist,
    demo::Device,
    doing::Doing as _,
    ensure, kernel_file,
    ktap::{Trouble, Verdict},
    module, pw_counts,
};

/// Checks everything that tells the mode, and that the reason is this one.
pub(crate) fn is(device: &Device, remote: bool, reason: &str) -> Verdict {
    ensure!(
        is_consistent(device)? == remote,
        "the mode is {}",
        word(!remote)
    );
    let shown = kernel_file::read_trimmed(kernel_file::debugfs("pwlocks/reason"))?;
    ensure!(shown == reason, "the reason is {shown:?}, not {reason:?}");
    Ok(())
}

/// Returns whether the mode is remote, once what sysfs and debugfs show and where work for another
/// CPU is done agree. Nobody may be switching.
pub(crate) fn is_consistent(device: &Device) -> Result<bool, Trouble> {
    let parameter = module::parameter("pwlocks", "pwlocks")?;
    let remote = match parameter.as_str() {
        "0" => false,
        "1" => true,
        other => return Err(format!("sysfs shows {other:?}").into()),
    };
    let mode = kernel_file::read_trimmed(kernel_file::debugfs("pwlocks/mode"))?;
    ensure!(
        mode == word(remote),
        "sysfs shows {parameter}, debugfs {mode}"
    );

    // The first CPU asks for the last one's drain: who did it is what debugfs counted, and what
    // the device says.
    let cpus = cpulist::read("online")?;
    let &[first, .., last] = cpus.as_slice() else {
        return Err(Trouble::skip("there is one CPU only"));
    };
    let mut here = CpuSet::new();
    here.set(first)?;
    sched_setaffinity(Pid::from_raw(0), &here).doing("sched_setaffinity")?;
    let before = pw_counts::of(last)?;
    let drain = device.drain_cpu(last).doing("DRAIN_CPU")?;
    let after = pw_counts::of(last)?;

    let counted = (after.remote - before.remote, after.queued - before.queued);
    let expected = if remote { (1, 0) } else { (0, 1) };
    ensure!(
        counted == expected && u64::from(drain.queued) == expected.1,
        "sysfs shows {parameter}, and a drain was done by the requester {} times, queued {} times: \
         {drain:?}",
        counted.0,
        counted.1
    );
    Ok(remote)
}

fn word(remote: bool) -> &'static str {
    if remote { "remote" } else { "local" }
}
