// SPDX-License-Identifier: GPL-2.0

//! A thread for each stressor.

use super::Stressor;
use crate::{
    ensure,
    ktap::{Trouble, Verdict},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
};

/// What a stressor has done.
#[derive(Debug)]
pub struct Done {
    /// Its name.
    pub name: &'static str,
    /// How much.
    pub count: u64,
    /// What has stopped it, if something did.
    pub trouble: Option<Trouble>,
}

impl Done {
    /// Prints what all have done, and checks that it is something.
    pub fn check(all: &[Self]) -> Verdict {
        for Self { name, count, .. } in all {
            println!("# {count} {name}");
        }
        for Self {
            name,
            count,
            trouble,
        } in all
        {
            ensure!(trouble.is_none(), "{name}: {trouble:?}");
            ensure!(*count > 0, "none: {name}");
        }
        Ok(())
    }
}

/// The threads, stopped on drop.
#[derive(Debug)]
pub(super) struct Crew {
    stop: Arc<AtomicBool>,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    name: &'static str,
    count: Arc<AtomicU64>,
    thread: JoinHandle<Result<(), Trouble>>,
}

impl Crew {
    /// Starts them.
    pub(super) fn start(stressors: Vec<Box<dyn Stressor>>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let members = stressors
            .into_iter()
            .map(|mut stressor| {
                let (stop, count) = (stop.clone(), Arc::new(AtomicU64::new(0)));
                let counted = count.clone();
                Member {
                    name: stressor.name(),
                    count,
                    thread: thread::spawn(move || work(&mut *stressor, &stop, &counted)),
                }
            })
            .collect();

        Self { stop, members }
    }

    /// Stops them; what each has done.
    pub(super) fn stop(mut self) -> Vec<Done> {
        self.join()
    }

    fn join(&mut self) -> Vec<Done> {
        self.stop.store(true, Ordering::Relaxed);
        self.members
            .drain(..)
            .map(|member| {
                let result = member.thread.join();
                Done {
                    name: member.name,
                    count: member.count.load(Ordering::Relaxed),
                    trouble: result.unwrap_or_else(|_| Err("it panicked".into())).err(),
                }
            })
            .collect()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for done in self.join() {
            if let Some(trouble) = done.trouble {
                eprintln!("{}: {trouble:?}", done.name);
            }
        }
    }
}

fn work(stressor: &mut dyn Stressor, stop: &AtomicBool, count: &AtomicU64) -> Result<(), Trouble> {
    while !stop.load(Ordering::Relaxed) {
        count.fetch_add(stressor.round()?, Ordering::Relaxed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Crew, Stressor};
    use crate::ktap::Trouble;
    use std::{thread, time::Duration};

    struct Works;

    impl Stressor for Works {
        fn name(&self) -> &'static str {
            "works"
        }

        fn round(&mut self) -> Result<u64, Trouble> {
            thread::sleep(Duration::from_millis(1));
            Ok(2)
        }
    }

    struct Fails;

    impl Stressor for Fails {
        fn name(&self) -> &'static str {
            "fails"
        }

        fn round(&mut self) -> Result<u64, Trouble> {
            Err("on purpose".into())
        }
    }

    #[test]
    fn what_was_done_and_what_went_wrong() {
        let crew = Crew::start(vec![Box::new(Works), Box::new(Fails)]);
        thread::sleep(Duration::from_millis(50));
        let done = crew.stop();
        assert_eq!((done[0].name, done[1].name), ("works", "fails"));
        assert!(done[0].count > 0 && done[0].count % 2 == 0 && done[0].trouble.is_none());
        assert_eq!(done[1].count, 0);
        assert_eq!(done[1].trouble, Some("on purpose".into()));
    }
}
