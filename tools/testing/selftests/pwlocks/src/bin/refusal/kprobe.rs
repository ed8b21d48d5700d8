// SPDX-License-Identifier: GPL-2.0

//! A kprobe at a function's entry, which leaves where it goes as it is.

use selftests::{
    drop_caches, ensure, kernel_file,
    ktap::Verdict,
    live::{MODULE, Replaced},
    module::Module,
    trace::Trace,
};

pub(crate) const POINTS: usize = 1;

const PROBES: &str = "/sys/kernel/tracing/kprobe_events";
const EVENT: &str = "kprobes/pwlocks_refusal";

/// The function is replaced in spite of it, and each call is still recorded.
pub(crate) fn harmless() -> Verdict {
    kernel_file::write(PROBES, "p:pwlocks_refusal lru_add_drain_all")?;
    let verdict = hit();

    kernel_file::write(PROBES, "-:pwlocks_refusal").and(verdict)
}

fn hit() -> Verdict {
    let trace = Trace::begin("pwlocks_refusal", &[EVENT])?;
    let module = Module::load(MODULE, "")?;
    Replaced::is_complete()?;

    trace.clear()?;
    kernel_file::write(drop_caches::FILE, "1")?;
    let hits = trace.events()?.len();
    module.unload()?;
    // The kernel may drain on its own account meanwhile.
    ensure!(hits > 0, "the function was called and the kprobe not hit");
    Ok(())
}
