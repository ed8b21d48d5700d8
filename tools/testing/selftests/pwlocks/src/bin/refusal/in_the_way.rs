// SPDX-License-Identifier: GPL-2.0

//! A function that can't be replaced while something is in the way.

use crate::{
    cause::Cause,
    untouched::{Before, one_line},
};
use nix::errno::Errno;
use selftests::{
    doing::Doing as _,
    ensure,
    kmsg::Mark,
    ktap::{Report, Trouble, Verdict},
    live::{MODULE, Replaced},
    module::{self, Module},
    module_copy::ModuleCopy,
};

/// Points of each cause.
pub(crate) const POINTS: usize = 5;

/// All of them, in remote mode to begin with, as at the end.
pub(crate) fn run(report: &mut Report, copy: &ModuleCopy, cause: Cause) {
    report.test(&format!("{cause}: insmod is refused"), || {
        insmod(copy, cause)
    });
    let mut live = None;
    report.test(&format!("{cause}: insmod succeeds without it"), || {
        live = Some(Module::load(MODULE, "").doing("insmod")?);
        Replaced::is_complete()
    });
    report.test(&format!("{cause}: can't be while functions are"), || {
        the_other_way_round(cause)
    });
    report.test(&format!("{cause}: the switch is refused"), || switch(cause));
    report.test(&format!("{cause}: the switch succeeds without it"), || {
        mode("1").doing("writing 1")?;
        Replaced::is_complete()?;
        let live = live.take().ok_or("the module is not loaded")?;
        live.unload().doing("rmmod")
    });
    // Whatever came of it, the next one begins alike.
    drop(live);
    if let Err(error) = mode("1") {
        report.diagnostic(format_args!("back to remote mode: {error}"));
    }
}

fn insmod(copy: &ModuleCopy, cause: Cause) -> Verdict {
    let present = cause.begin().doing(cause)?;
    let before = Before::now()?;
    let verdict = copy
        .refused(Errno::EBUSY)
        .and_then(|messages| one_line(&messages, "mm_swap_live: ", &cause.words()))
        .and_then(|()| before.check());

    present.end().and(verdict)
}

/// To remote mode, with the module loaded in local mode.
fn switch(cause: Cause) -> Verdict {
    mode("0").doing("writing 0")?;
    ensure!(
        module::is_loaded(MODULE),
        "the module is not loaded, see above"
    );
    let present = cause.begin().doing(cause)?;
    let before = Before::now()?;
    let verdict = refused(cause).and_then(|()| before.check());

    present.end().and(verdict)
}

fn refused(cause: Cause) -> Verdict {
    let mut log = Mark::now()?;
    let result = mode("1");
    let messages = log.messages()?;

    ensure!(
        result == Err(Errno::EBUSY),
        "writing 1 ended with {result:?}, not EBUSY: {messages:#?}"
    );
    one_line(&messages, "mm_swap_live: ", &cause.words())?;
    one_line(&messages, "pwlocks: ", &["mm_swap_live can't follow"])?;
    let now = module::parameter("pwlocks", "pwlocks")?;
    ensure!(now == "0", "the mode is {now} after a switch that failed");
    Ok(())
}

/// Who comes second is refused, by the kernel.
fn the_other_way_round(cause: Cause) -> Verdict {
    match cause.begin() {
        Err(error) if error == cause.refused_with() => Replaced::is_complete(),
        Err(error) => Err(Trouble::fail(format!(
            "{error:?}, not {:?}",
            cause.refused_with()
        ))),
        Ok(present) => present
            .end()
            .and(Err("it can, and takes the functions away".into())),
    }
}

fn mode(value: &str) -> Result<(), Errno> {
    module::write_parameter("pwlocks", "pwlocks", value)
}
