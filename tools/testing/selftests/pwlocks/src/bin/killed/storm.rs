// SPDX-License-Identifier: GPL-2.0

//! Processes of all kinds, each killed after a random time and started again after another.

use crate::{process::Process, role::Role};
use fastrand::Rng;
use nix::sys::eventfd::{EfdFlags, EventFd};
use selftests::{
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    live::Disks,
    random,
};
use std::{
    fmt, thread,
    time::{Duration, Instant},
};

/// How long one lives at most, to begin with. To be started takes most of a tenth of it where the CPU is
/// emulated, and all of it on a busy machine that emulates a debug kernel.
const LIFE: Duration = Duration::from_millis(800);

/// How long the storm goes on for those who have not done anything yet.
const GRACE: Duration = Duration::from_secs(240);

/// How long its place stays empty at most.
const REST: Duration = Duration::from_millis(200);

/// How often it is looked whom to kill.
const MOMENT: Duration = Duration::from_millis(2);

/// How often it says that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// What is in one place.
enum State {
    /// Nobody, until then.
    Empty(Instant),
    /// Somebody.
    Taken(Tenant),
}

/// Somebody in a place.
struct Tenant {
    process: Process,
    /// When it is to be killed.
    end: Instant,
    /// Whether it lives long enough to do something.
    is_to_do: bool,
    /// How much had been done before.
    done_before: u64,
}

/// One after the other of one role.
struct Place {
    role: Role,
    rng: Rng,
    state: State,
    /// How long one lives at most: twice as long after somebody had half of it and did nothing.
    life: Duration,
    /// How much they have done. A process that is killed leaves it in order.
    counter: EventFd,
    kills: u64,
}

impl Place {
    fn new(role: Role, rng: Rng) -> Result<Self, Trouble> {
        Ok(Self {
            role,
            rng,
            state: State::Empty(Instant::now()),
            life: LIFE,
            counter: EventFd::from_flags(EfdFlags::EFD_NONBLOCK).doing("eventfd")?,
            kills: 0,
        })
    }

    /// Starts or kills, if it is time to.
    fn look(&mut self, now: Instant) -> Verdict {
        match &mut self.state {
            State::Empty(until) if now >= *until => {
                let seed = self.rng.u64(..);
                let share = self.rng.f64();
                self.state = State::Taken(Tenant {
                    process: Process::start(self.role, seed, Some(&self.counter))?,
                    end: Instant::now() + self.life.mul_f64(share),
                    is_to_do: share > 0.5,
                    done_before: self.done(),
                });
            }
            State::Empty(_) => {}
            State::Taken(tenant) => {
                if tenant.process.has_ended()? {
                    let did_nothing = tenant.is_to_do && tenant.done_before == self.done();
                    self.state = State::Empty(now + REST.mul_f64(self.rng.f64()));
                    if did_nothing {
                        self.life *= 2;
                    }
                } else if now >= tenant.end && !tenant.process.is_killed() {
                    tenant.process.kill()?;
                    self.kills += 1;
                }
            }
        }
        Ok(())
    }

    /// Kills whoever is there, and waits for the end.
    fn clear(&mut self) -> Verdict {
        if let State::Taken(Tenant { process, .. }) = &mut self.state {
            process.kill()?;
            process.wait()?;
            self.kills += 1;
        }
        self.state = State::Empty(Instant::now());
        Ok(())
    }

    /// How much they have done so far.
    fn done(&self) -> u64 {
        // Reading takes it away.
        let done = self.counter.read().unwrap_or(0);

        if done > 0 {
            let _ = self.counter.write(done);
        }
        done
    }
}

/// All places.
pub(crate) struct Storm {
    places: Vec<Place>,
    _disks: Option<Disks>,
}

impl Storm {
    /// Prepares the places. The random choices of each are its own.
    pub(crate) fn new(seed: u64) -> Result<Self, Trouble> {
        let disks = match Disks::make() {
            Ok(disks) => {
                // Makes the device's file, for which two participants at once would be one too many.
                drop(disks.open(0)?);
                Some(disks)
            }
            Err(Trouble::Skip(reason)) => {
                println!("# left out: requests for a disk ({reason})");
                None
            }
            Err(trouble) => return Err(trouble),
        };
        let places: Result<_, _> = (0..)
            .zip(Role::KILLED)
            .map(|(number, role)| Place::new(role, random::source(seed, number)))
            .collect();

        Ok(Self {
            places: places?,
            _disks: disks,
        })
    }

    /// Kills for `time`, and longer where that was not enough for everybody to do something; in the end
    /// all have ended. Fails if one does not, or ends by itself.
    pub(crate) fn rage(&mut self, time: Duration) -> Verdict {
        let start = Instant::now();
        let mut said = start;

        while start.elapsed() < time || (start.elapsed() < time + GRACE && self.check().is_err()) {
            for place in &mut self.places {
                place.look(Instant::now())?;
            }
            if said.elapsed() > SIGN_OF_LIFE {
                said = Instant::now();
                println!("# {:.0?} of {time:?}", start.elapsed());
            }
            thread::sleep(MOMENT);
        }
        self.places.iter_mut().try_for_each(Place::clear)
    }

    /// Everybody has done something, and was killed.
    pub(crate) fn check(&self) -> Verdict {
        for place in &self.places {
            ensure!(
                place.done() > 0 && place.kills > 0,
                "{} has done {} things and was killed {} times",
                place.role.name(),
                place.done(),
                place.kills
            );
        }
        Ok(())
    }
}

impl fmt::Display for Storm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self
            .places
            .iter()
            .map(|place| {
                format!(
                    "# {}: killed {} times, {} things done",
                    place.role.name(),
                    place.kills,
                    place.done()
                )
            })
            .collect();

        f.write_str(&lines.join("\n"))
    }
}
