// SPDX-License-Identifier: GPL-2.0

//! Why a machine is not measured: said before anything is built for it or done to it.

use crate::bench::here::machine::Machine;
use crate::bench::here::refused;
use crate::failure::{Failure, Kind, Result};
use crate::kernel_choice::Release;

/// The first series whose kernels pwlocks is for.
const FIRST: (u32, u32) = (7, 2);

/// Fails with what is in the way and what can be done about it, if something is.
pub fn check(machine: &Machine) -> Result<()> {
    supported(&machine.release)?;
    if machine.online.len() < 2 {
        return Err(refused(
            "one CPU only is online: nobody else's batches are there to be drained",
            "use a machine with two CPUs or more, or `make bench`, whose guests have them",
        ));
    }
    may_load(machine)?;
    if !machine.loaded.is_empty() {
        let names = machine.loaded.join(" ");
        return Err(refused(
            format!("loaded already: {names}; the kernel as it is could not be measured"),
            format!("rmmod {names}"),
        ));
    }
    if !machine.has_debugfs || machine.tracers.is_none() {
        return Err(refused(
            "debugfs or tracefs is not mounted: works and interrupts are counted by them",
            "mount -t debugfs none /sys/kernel/debug; mount -t tracefs none /sys/kernel/tracing",
        ));
    }
    if !machine.traced.is_empty() {
        return Err(refused(
            format!(
                "functions of the kernel are traced or replaced by somebody: {}; what that costs would be measured",
                machine.traced.join(", ")
            ),
            "end what does that: /sys/kernel/tracing/enabled_functions, `bpftool link` and /sys/kernel/livepatch \
             show it",
        ));
    }
    Ok(())
}

/// Whether the kernel's release is one that modules can be built for. Whether the mirror has it is seen later.
fn supported(release: &str) -> Result<()> {
    let series = |release: &Release| {
        let mut numbers = release.version.split('.').map(str::parse::<u32>);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    let found = Release::split(release).and_then(|release| series(&release));
    if found.is_some_and(|series| series >= FIRST) {
        return Ok(());
    }
    Err(refused(
        format!(
            "the running kernel is {release}; pwlocks is for Debian's of {}.{} and later, with a name like \
             7.2.12+deb13-amd64 or 7.2.12+deb13-rt-amd64",
            FIRST.0, FIRST.1
        ),
        "boot such a kernel (Debian 13 has them in trixie-backports), or use `make bench`, whose guests have them",
    ))
}

/// Whether the kernel would take modules of ours from this process.
fn may_load(machine: &Machine) -> Result<()> {
    if !machine.may_load {
        return Err(refused(
            "this is root without the right to load modules (CAP_SYS_MODULE), as in a container",
            "run the command on the machine itself",
        ));
    }
    if let Some(level) = &machine.lockdown {
        return Err(refused(
            format!(
                "the kernel is locked down ({level}): it takes signed modules only, and ours are not"
            ),
            "turn Secure Boot off in the firmware, or boot without lockdown=",
        ));
    }
    if machine.wants_signatures {
        return Err(refused(
            "the kernel takes signed modules only (module.sig_enforce), and ours are not",
            "boot without module.sig_enforce=1",
        ));
    }
    Ok(())
}

/// `failure` to find the running kernel, with what to do about it here, where no other can be named.
pub fn not_found(failure: Failure) -> Failure {
    match failure.kind {
        Kind::Usage => {
            failure.remedy("boot one of these, or use `make bench`, whose guests have them")
        }
        _ => failure,
    }
}

/// Fails if the kernel that runs is another build than the one of `package` (`name=version`), by which the
/// modules are built: it would refuse them.
pub fn check_build(machine: &Machine, package: &str) -> Result<()> {
    let version = package.rsplit('=').next().unwrap_or_default();
    let words = machine.version.split_whitespace();
    if words.clone().any(|word| word == version) {
        return Ok(());
    }
    Err(refused(
        format!(
            "the running kernel is {} {}, the mirror has {version} of it",
            machine.release, machine.version
        ),
        "upgrade the kernel's package (apt-get update, apt-get upgrade) and boot it",
    ))
}

#[cfg(test)]
mod tests {
    use super::{check, check_build, not_found};
    use crate::bench::here::machine::Machine;
    use crate::bench::here::machine::tests::machine;
    use crate::failure::{Failure, Kind};

    /// Changes a machine that can be measured.
    type Spoil = fn(&mut Machine);

    #[test]
    fn each_refusal_has_its_cause_and_a_remedy() {
        check(&machine()).unwrap();
        let cases: [(Spoil, &str, &str); 9] = [
            (
                |machine| machine.release = "6.18.44-fc".into(),
                "6.18.44-fc; pwlocks is for Debian's of 7.2 and later",
                "make bench",
            ),
            (
                |machine| machine.release = "6.12.9+deb13-amd64".into(),
                "6.12.9+deb13-amd64; pwlocks is for",
                "trixie-backports",
            ),
            (
                |machine| machine.online = vec![0],
                "one CPU only",
                "two CPUs",
            ),
            (
                |machine| machine.may_load = false,
                "CAP_SYS_MODULE",
                "machine itself",
            ),
            (
                |machine| machine.lockdown = Some("integrity".into()),
                "locked down (integrity)",
                "Secure Boot",
            ),
            (
                |machine| machine.wants_signatures = true,
                "sig_enforce",
                "without module.sig_enforce",
            ),
            (
                |machine| machine.loaded = vec!["mm_swap_live", "pwlocks"],
                "loaded already: mm_swap_live pwlocks",
                "rmmod mm_swap_live pwlocks",
            ),
            (
                |machine| machine.tracers = None,
                "tracefs",
                "mount -t tracefs",
            ),
            (
                |machine| machine.traced = vec!["lru_add_drain".into()],
                "lru_add_drain",
                "bpftool link",
            ),
        ];
        for (spoil, cause, remedy) in cases {
            let mut machine = machine();
            spoil(&mut machine);
            let failure = check(&machine).unwrap_err();
            assert_eq!(failure.kind, Kind::Usage);
            assert!(failure.cause.contains(cause), "{failure}");
            assert!(
                failure.remedy.as_ref().unwrap().contains(remedy),
                "{failure}"
            );
        }
    }

    #[test]
    fn a_kernel_that_the_mirror_lacks_has_another_remedy_than_to_name_one() {
        let named = Failure::usage("kernel choice", "it has: x").remedy("name one with KERNEL=");
        assert!(
            not_found(named)
                .remedy
                .unwrap()
                .contains("boot one of these")
        );
        let other = Failure::step("fetch", "no network").remedy("try again");
        assert_eq!(not_found(other).remedy.unwrap(), "try again");
    }

    #[test]
    fn a_later_series_will_do() {
        let mut machine = machine();
        machine.release = "8.0.1+deb14-amd64".into();
        check(&machine).unwrap();
    }

    #[test]
    fn another_build_of_the_same_release_is_refused() {
        let package = |version: &str| format!("linux-image=7.2.12-1~bpo13+{version}");
        check_build(&machine(), &package("1")).unwrap();
        let failure = check_build(&machine(), &package("2")).unwrap_err();
        assert!(
            failure.cause.contains("has 7.2.12-1~bpo13+2 of it"),
            "{failure}"
        );
    }
}
