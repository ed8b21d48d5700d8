// SPDX-License-Identifier: GPL-2.0

//! Inputs of one kind in a row, all from one seed.

use crate::{
    coverage::Coverage, file, ioctl, kcov::Kcov, loading, parameter, seed::Seed, source::Source,
    subject::Subject, tally::Tally,
};
use selftests::{
    demo::Modules,
    doing::Doing as _,
    environment, kmsg,
    ktap::{Trouble, Verdict},
    module, our_modules,
};
use std::{
    mem,
    time::{Duration, Instant},
};

/// How often it says that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);

/// All so far.
pub(crate) struct Episodes {
    tally: Tally,
    /// Read after each, before what it has caused is overwritten.
    log: kmsg::Mark,
    said: Instant,
    /// Where the kernel has it.
    kcov: Option<Kcov>,
}

impl Episodes {
    pub(crate) fn new() -> Result<Self, Trouble> {
        Ok(Self {
            tally: Tally::default(),
            log: kmsg::Mark::now()?,
            said: Instant::now(),
            kcov: Kcov::open()?,
        })
    }

    /// Of how many it is not known what all of it they ran; `None` if that is not known of any.
    pub(crate) fn cut(&self) -> Option<u64> {
        self.kcov.as_ref().map(Kcov::cut)
    }

    /// What became of the inputs.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Makes the episode of a seed, and says what it has run, as far as that is known.
    pub(crate) fn run(&mut self, seed: &Seed) -> Result<Coverage, Trouble> {
        let start = Instant::now();
        let mut rng = Source::new(seed);
        let subject = Subject::choose(&mut rng);
        let tally = &mut self.tally;
        let (verdict, coverage) = if subject == Subject::Loading {
            // Modules that come and go are elsewhere each time: what was run in which is not known.
            let verdict = our_modules::unload_all().and_then(|()| loading::run(&mut rng, tally));
            (verdict, Coverage::default())
        } else {
            loaded()?;
            set_mode(rng.bool())?;
            let mut episode = || match subject {
                Subject::Ioctl => ioctl::run(&mut rng, tally),
                Subject::Parameter => parameter::run(&mut rng, tally),
                _ => file::run(&mut rng, tally),
            };
            match &mut self.kcov {
                Some(kcov) => kcov.during(episode)?,
                None => (episode(), Coverage::default()),
            }
        };
        let splats = self.log.splats()?;
        self.tally.add_time(subject, start.elapsed());
        let verdict = match splats.as_slice() {
            [] => verdict,
            splats => Err(format!("{verdict:?}, and the log has {splats:#?}").into()),
        };

        if self.said.elapsed() > SIGN_OF_LIFE {
            self.said = Instant::now();
            println!("# {} inputs", self.tally.inputs());
        }
        verdict.map(|()| coverage).map_err(|trouble| {
            Trouble::fail(format!(
                "{subject:?}, PWLOCKS_SEED={seed} PWLOCKS_COUNT=1 makes it again: {trouble:?}"
            ))
        })
    }
}

/// Has the modules loaded, to stay.
fn loaded() -> Verdict {
    Modules::need().map(mem::forget)
}

/// Sets the mode that an episode begins in, whatever those before it have left: remote, or else local.
fn set_mode(remote: bool) -> Verdict {
    let value = if remote && environment::built_in() {
        "1"
    } else {
        "0"
    };

    if module::parameter("pwlocks", "pwlocks")? != value {
        module::write_parameter("pwlocks", "pwlocks", value)
            .doing(format_args!("pwlocks={value}"))?;
    }
    Ok(())
}
