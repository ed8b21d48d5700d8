// SPDX-License-Identifier: GPL-2.0

//! Which guests `make check` boots, and what runs in each.

use std::collections::BTreeMap;

use guest_plan::plan::{MM_SELFTESTS_DIR, PROGRAMS_DIR, Plan, PlanStep};

use crate::check_mm;
use crate::debug_kernel::DebugKernel;
use crate::expected_bug::ExpectedBug;
use crate::kernel_choice::Flavour;
use crate::packaged::Packaged;
use crate::repeated;
use crate::variant::Variant;

/// A test program in a guest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Program {
    /// Its file name, which is also the step's name.
    pub name: &'static str,
    /// Seconds after which it is killed.
    pub timeout_s: u64,
}

const fn program(name: &'static str, timeout_s: u64) -> Program {
    Program { name, timeout_s }
}

const SWITCH: Program = program("switch", 60);
const SWITCH_WRITTEN: Program = program("switch_written", 120);
const LOCK: Program = program("lock", 200);
const FLIP: Program = program("flip", 200);
const NOTIFIER: Program = program("notifier", 60);
const WORK: Program = program("work", 90);
const CONSERVATION: Program = program("conservation", 240);
const DRAIN_ALL: Program = program("drain_all", 120);
const IOCTL: Program = program("ioctl", 120);
const ISOLATION: Program = program("isolation", 120);
const KMALLOC_BENCH: Program = program("kmalloc_bench", 150);
/// Unloads the modules, idle ones and such that are in use.
const UNLOAD: Program = program("unload", 150);
const SIZE: Program = program("size", 60);
const AUDITED: Program = program("audited", 60);
const REFUSAL: Program = program("refusal", 120);
const COUNT: Program = program("count", 200);
const LOCKDEP_NESTING: Program = program("lockdep_nesting", 60);
const LOCKDEP_WAIT_TYPE: Program = program("lockdep_wait_type", 60);
const KCSAN: Program = program("kcsan", 60);
const MODPROBE: Program = program("modprobe", 60);
const NESTING: Program = program("nesting", 60);
const KUNIT: Program = program("kunit", 120);
const LIVE_DRAIN: Program = program("live_drain", 240);
/// Loads and unloads mm_swap_live under load.
pub const LIVE_UNLOAD: Program = program("live_unload", 400);
/// Loads the kernel with mm_swap_live in it.
pub const LIVE_STRESS: Program = program("live_stress", 240);
const LIVE_COUNT: Program = program("live_count", 400);
const LIVE_HOLD: Program = program("live_hold", 200);
const LEFT_AS_FOUND: Program = program("left_as_found", 400);

/// The guest in which everything is brought about that the modules refuse to be loaded for.
pub const REFUSALS: &str = "refusal";

/// What the three tests of `nesting` run into.
const NESTED: ExpectedBug = ExpectedBug {
    start: "kernel BUG at ",
    words: "rust/helpers/local_lock.c:",
    times: (3, 3),
};

/// What those of `lockdep_nesting` and `lockdep_wait_type` have lockdep say, which says nothing after.
const RECURSIVE: ExpectedBug = ExpectedBug {
    start: "WARNING: ",
    words: "possible recursive locking detected",
    times: (1, 1),
};
const WAIT_TYPE: ExpectedBug = ExpectedBug {
    start: "[ BUG: ",
    words: "Invalid wait context",
    times: (1, 1),
};

/// What that of `kcsan` has KCSAN say, of `pwlocks_test::kcsan::unprotected`: a second time if it also saw the
/// value change without catching who did that, which it takes for another race.
const RACE: ExpectedBug = ExpectedBug {
    start: "BUG: KCSAN: ",
    words: "5kcsan11unprotected",
    times: (1, 2),
};

/// Seconds of random operations in a run of `conservation`, and in one that is to find a sabotage.
const CONSERVATION_S: u64 = 60;
const SABOTAGE_S: u64 = 30;

/// The longest time in one mode in a guest that switches it to and fro, in milliseconds.
const FLIP_MS: u64 = 100;

/// How often mm_swap_live is loaded and unloaded under load: each takes seconds, most of them spent
/// on the kernel's wait for all tasks to leave the module's code.
const UNLOADS: u64 = 10;

/// Ends a guest when the kernel has reported a page in a bad state, or warned: what a fault that was
/// built in leads to after that may be a hang, which says no more and takes until a timeout.
const END_WITH_REPORT: &str = "panic_on_taint=0x220";

/// How a guest is booted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Setting {
    /// No CPU is isolated.
    Plain,
    /// The last CPU is isolated.
    Isolated,
    /// So many CPUs, with one clock that counts the instructions of all.
    Counting(u32),
    /// The same, and the last of them is isolated.
    CountingIsolated(u32),
}

impl Setting {
    /// Whether the clock counts instructions.
    pub fn counts(self) -> bool {
        matches!(self, Self::Counting(_) | Self::CountingIsolated(_))
    }
}

/// A guest of the matrix.
#[derive(Clone, Debug)]
pub struct GuestSpec {
    /// What tells it from the others of its flavour.
    pub name: String,
    /// How its modules are built.
    pub variant: Variant,
    /// `pwlocks=` on its command line.
    pub mode: Option<&'static str>,
    /// How it is booted.
    pub setting: Setting,
    /// Whether the mode is switched to and fro all the time.
    pub flipping: bool,
    /// Whether it is about the running kernel's own drains: then it has two memory nodes, and the
    /// stock kernel's RAM disks.
    pub live: bool,
    /// Seconds for a program that runs for a set time, if not as many as in the other guests.
    pub seconds: Option<u64>,
    /// How often a program repeats what it is about, if not as often as it does by itself.
    pub count: Option<u64>,
    /// How many times longer than another it may say nothing before it counts as hung.
    pub patience: u32,
    /// What runs in it.
    pub programs: Vec<Program>,
    /// Programs that those start.
    pub started: &'static [&'static str],
    /// Whether it has modprobe, and something for it on its command line.
    pub modprobe: bool,
    /// Whether it has the kernel's own mm selftests.
    pub mm_selftests: bool,
    /// Whether only what is soon over runs in it.
    pub quick: bool,
    /// Whether it can read how many atomic instructions it executes.
    pub atomics: bool,
    /// MiB of memory that it needs at least.
    pub mem: u32,
    /// What else is on its kernel command line.
    pub argument: Option<&'static str>,
    /// The program of Debian's that its programs run, if any.
    pub packaged: Option<Packaged>,
    /// What its kernel must complain of.
    pub bug: Option<ExpectedBug>,
}

impl GuestSpec {
    /// A guest for `programs`, with nothing special about it.
    pub fn new(name: &str, variant: Variant, programs: &[Program]) -> Self {
        Self {
            name: name.to_owned(),
            variant,
            mode: None,
            setting: Setting::Plain,
            flipping: false,
            live: false,
            seconds: None,
            count: None,
            patience: 1,
            programs: programs.to_vec(),
            started: &[],
            modprobe: false,
            mm_selftests: false,
            quick: false,
            atomics: false,
            mem: 0,
            argument: None,
            packaged: None,
            bug: None,
        }
    }

    fn mode(self, mode: &'static str) -> Self {
        Self {
            mode: Some(mode),
            ..self
        }
    }

    fn setting(self, setting: Setting) -> Self {
        Self { setting, ..self }
    }

    /// The same, about the running kernel's own drains.
    pub fn live(self) -> Self {
        Self { live: true, ..self }
    }

    fn expecting(self, bug: ExpectedBug) -> Self {
        Self {
            bug: Some(bug),
            ..self
        }
    }

    fn flipping(self) -> Self {
        Self {
            flipping: true,
            ..self
        }
    }

    /// Seconds that its programs may take together.
    pub fn timeout_s(&self) -> u64 {
        self.programs.iter().map(|program| program.timeout_s).sum()
    }

    /// Whether it runs for a set time, and not until something is done: then a machine may run more
    /// of its kind at once and they get less done, but don't take longer.
    pub fn is_timed(&self) -> bool {
        self.variant.sabotage.is_none()
            && self
                .programs
                .iter()
                .all(|program| program.name == CONSERVATION.name)
    }

    /// The CPU that is isolated in a guest of `cpus` CPUs.
    fn isolated_cpu(&self, cpus: u32) -> Option<u32> {
        match self.setting {
            Setting::Isolated | Setting::CountingIsolated(_) => Some(self.cpus(cpus) - 1),
            Setting::Plain | Setting::Counting(_) => None,
        }
    }

    /// CPUs of the guest where the user wants `cpus`.
    pub fn cpus(&self, cpus: u32) -> u32 {
        match self.setting {
            Setting::Counting(cpus) | Setting::CountingIsolated(cpus) => cpus,
            Setting::Plain | Setting::Isolated => cpus,
        }
    }

    /// Its kernel command line in a guest of `cpus` CPUs.
    pub fn arguments(&self, cpus: u32) -> String {
        let isolation = self.isolated_cpu(cpus).map(isolation_arguments);
        let mode = self.mode.map(|mode| format!("pwlocks={mode}"));
        let faulty = self.variant.sabotage.map(|_| END_WITH_REPORT.to_owned());
        let for_modprobe = self.modprobe.then(|| "pwlocks.pwlocks=1".to_owned());
        let all: Vec<_> = isolation
            .into_iter()
            .chain(mode)
            .chain(faulty)
            .chain(for_modprobe)
            .chain(self.argument.map(str::to_owned))
            .collect();
        all.join(" ")
    }

    /// Its plan in a guest of `cpus` CPUs.
    pub fn plan(&self, cpus: u32) -> Plan {
        let environment = self.environment(cpus);
        let steps = self.programs.iter().map(|program| PlanStep {
            name: program.name.to_owned(),
            argv: vec![format!("{PROGRAMS_DIR}/{}", program.name)],
            env: environment.clone(),
            timeout_s: program.timeout_s,
        });
        Plan {
            steps: steps.collect(),
            interactive: false,
        }
    }

    /// What the programs must know of the guest that they cannot see.
    fn environment(&self, cpus: u32) -> BTreeMap<String, String> {
        let yes_no = |on: bool| if on { "y" } else { "n" }.to_owned();
        let packaged = self.packaged;
        let packaged = packaged.map(|program| (program.variable, Some(program.path.to_owned())));
        let seconds = self.seconds.unwrap_or(match self.variant.sabotage {
            Some(_) => SABOTAGE_S,
            None => CONSERVATION_S,
        });
        let isolated = self.isolated_cpu(cpus).map(|cpu| cpu.to_string());
        let sabotage = self.variant.sabotage.map(str::to_owned);
        [
            ("PWLOCKS_CONFIG", Some(yes_no(self.variant.pwlocks))),
            (
                "PWLOCKS_CONFIG_DEFAULT",
                Some(yes_no(self.variant.on_by_default)),
            ),
            (
                "PWLOCKS_CONFIG_STRETCH",
                Some(yes_no(self.variant.stretched)),
            ),
            ("PWLOCKS_SECONDS", Some(seconds.to_string())),
            ("PWLOCKS_COUNT", self.count.map(|count| count.to_string())),
            (
                "PWLOCKS_FLIP_MS",
                self.flipping.then(|| FLIP_MS.to_string()),
            ),
            ("PWLOCKS_ISOLATED", isolated),
            ("PWLOCKS_SABOTAGE", sabotage),
            (
                "PWLOCKS_ALTERNATIVE",
                self.variant.alternative.map(str::to_owned),
            ),
            (
                "PWLOCKS_MM_SELFTESTS",
                self.mm_selftests.then(|| MM_SELFTESTS_DIR.to_owned()),
            ),
            ("PWLOCKS_QUICK", self.quick.then(|| yes_no(true))),
            ("PWLOCKS_OOPS", self.bug.map(|_| yes_no(true))),
        ]
        .into_iter()
        .chain(packaged)
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
    }
}

/// Kernel arguments that isolate `cpu`.
pub fn isolation_arguments(cpu: u32) -> String {
    format!("isolcpus=nohz,domain,managed_irq,{cpu} nohz_full={cpu} rcu_nocbs={cpu}")
}

/// The guests whose programs must pass, of one kernel of `flavour`.
pub fn guests(flavour: Flavour) -> Vec<GuestSpec> {
    let mut guests = Vec::new();
    for mode in ["0", "1"] {
        let programs = [
            SWITCH,
            SWITCH_WRITTEN,
            LOCK,
            NOTIFIER,
            WORK,
            DRAIN_ALL,
            IOCTL,
            UNLOAD,
        ];
        guests.push(GuestSpec::new(&format!("mode-{mode}"), Variant::TESTED, &programs).mode(mode));
    }
    // The mode has nothing to do with what kmalloc_bench does.
    let programs = [SWITCH, LOCK, WORK, KMALLOC_BENCH];
    let auto = GuestSpec::new("auto", Variant::TESTED, &programs).mode("auto");
    guests.push(auto.clone().setting(Setting::Plain));
    guests.push(GuestSpec {
        name: "auto-isolated".into(),
        programs: vec![SWITCH, SWITCH_WRITTEN, ISOLATION, LOCK, WORK],
        ..auto.setting(Setting::Isolated)
    });
    for mode in ["0", "1"] {
        let name = format!("isolated-{mode}");
        let guest = GuestSpec::new(&name, Variant::STANDARD, &[ISOLATION]).mode(mode);
        guests.push(guest.setting(Setting::Isolated));
    }
    let flipping = GuestSpec::new("flipping", Variant::TESTED, &[DRAIN_ALL]);
    guests.push(flipping.mode("0").flipping());
    // These switch from both modes themselves.
    guests.push(GuestSpec::new("flip", Variant::TESTED, &[FLIP]).mode("0"));
    let without = Variant {
        pwlocks: false,
        ..Variant::TESTED
    };
    // Without pwlocks there is no mode, and a lock is the kernel's own: one flavour is enough, the
    // one on which that lock is a sleeping one.
    let programs: &[_] = match flavour {
        Flavour::Amd64 => &[SIZE, SWITCH],
        Flavour::RtAmd64 => &[SIZE, SWITCH, SWITCH_WRITTEN, DRAIN_ALL, IOCTL],
    };
    guests.push(GuestSpec::new("config-n", without, programs));
    guests.extend(conservation(flavour, without));
    let on_by_default = Variant {
        on_by_default: true,
        ..Variant::STANDARD
    };
    guests.push(GuestSpec::new("default-y", on_by_default, &[SWITCH]));
    if flavour == Flavour::Amd64 {
        // In remote mode, and on PREEMPT_RT, nesting is a deadlock, which is not tried.
        let nesting = GuestSpec::new("nesting", Variant::TESTED, &[NESTING]).mode("0");
        guests.push(nesting.expecting(NESTED));
        // The same program for every kernel.
        guests.push(GuestSpec {
            modprobe: true,
            ..GuestSpec::new("modprobe", Variant::STANDARD, &[MODPROBE])
        });
        // And this one is there for machines that are no guests.
        let left = GuestSpec::new("left-as-found", Variant::STANDARD, &[LEFT_AS_FOUND]).live();
        guests.push(GuestSpec {
            started: &["run_here", "bench_interference"],
            ..left.setting(Setting::Isolated)
        });
    }
    // The refusals have nothing to do with the mode.
    guests.push(GuestSpec::new(
        REFUSALS,
        Variant::TESTED,
        &[AUDITED, REFUSAL],
    ));
    guests.push(GuestSpec {
        atomics: true,
        ..GuestSpec::new("count", Variant::TESTED, &[COUNT]).setting(Setting::Counting(1))
    });
    guests.extend(live());
    guests.push(check_mm::quick());
    guests
}

/// The guests in which every folio is looked for, of `flavour`; `without` is the build without
/// pwlocks.
fn conservation(flavour: Flavour, without: Variant) -> Vec<GuestSpec> {
    let guest = |name: &str, variant| {
        GuestSpec::new(&format!("conservation-{name}"), variant, &[CONSERVATION])
    };
    let mut guests: Vec<_> = ["0", "1", "auto"]
        .map(|mode| guest(mode, Variant::TESTED).mode(mode))
        .into();

    guests.push(guest("flipping", Variant::TESTED).mode("0").flipping());
    if flavour == Flavour::RtAmd64 {
        guests.push(guest("config-n", without));
    }
    guests
}

/// The guests about the running kernel's own drains. Each program tries all modes.
fn live() -> [GuestSpec; 5] {
    let guest = |name, program| GuestSpec::new(name, Variant::STANDARD, program);
    [
        guest("live", &[LIVE_DRAIN]).live(),
        GuestSpec {
            count: Some(UNLOADS),
            ..guest("live-unload", &[LIVE_UNLOAD]).live()
        },
        guest("live-stress", &[LIVE_STRESS]).live(),
        GuestSpec {
            atomics: true,
            ..guest("live-count", &[LIVE_COUNT])
                .live()
                .setting(Setting::Counting(1))
        },
        guest("live-hold", &[LIVE_HOLD])
            .live()
            .setting(Setting::Counting(2)),
    ]
}

/// The guests of `make check-debug` alone, on `kernel`.
pub fn debug_guests(kernel: DebugKernel) -> Vec<GuestSpec> {
    let mistaken = |name, program, report| {
        GuestSpec::new(name, Variant::TESTED, &[program])
            .mode("0")
            .expecting(report)
    };
    // What the suites test has nothing to do with the mode, but for how works are run.
    let kunit =
        |mode| GuestSpec::new(&format!("kunit-{mode}"), Variant::KUNIT, &[KUNIT]).mode(mode);
    let stretched = |name: &str, programs| {
        GuestSpec::new(&format!("{name}-stretched"), Variant::STRETCHED, programs).mode("0")
    };
    vec![
        mistaken("lockdep-nesting", LOCKDEP_NESTING, RECURSIVE),
        mistaken("lockdep-wait-type", LOCKDEP_WAIT_TYPE, WAIT_TYPE),
        kunit("0"),
        kunit("1"),
        stretched("flip", &[SIZE, FLIP]),
        stretched("drain-all", &[DRAIN_ALL]).flipping(),
        stretched("conservation", &[CONSERVATION]).flipping(),
    ]
    .into_iter()
    .chain((kernel == DebugKernel::Kcsan).then(|| mistaken("kcsan", KCSAN, RACE)))
    .chain(repeated::in_check())
    .collect()
}

/// A build that is broken on purpose and the program that must notice.
#[derive(Clone, Debug)]
pub struct Sabotage {
    /// The flavour on which the breakage shows.
    pub flavour: Flavour,
    /// The guest, whose only program must fail.
    pub guest: GuestSpec,
}

/// The sabotages of the suite.
pub fn sabotages() -> Vec<Sabotage> {
    let guests = pair_sabotages().into_iter().chain(live_sabotages());

    guests
        .map(|guest| Sabotage {
            flavour: Flavour::Amd64,
            guest,
        })
        .collect()
}

fn sabotage(name: &'static str, variant: Variant, program: Program) -> GuestSpec {
    let variant = Variant {
        sabotage: Some(name),
        ..variant
    };
    GuestSpec::new(&format!("sabotage-{name}"), variant, &[program])
}

/// Those of pwlocks.ko and of the port.
fn pair_sabotages() -> [GuestSpec; 6] {
    [
        ("unlock-rereads-key", FLIP, "0"),
        ("address-before-pin", LOCK, "1"),
        ("assert-this-cpu", LOCK, "1"),
        ("dead-cpu-unlocked", CONSERVATION, "1"),
        ("drain-without-barrier", DRAIN_ALL, "1"),
        ("switch-without-grace-period", FLIP, "0"),
    ]
    .map(|(name, program, mode)| sabotage(name, Variant::TESTED, program).mode(mode))
}

/// Those of mm_swap_live.ko, whose programs switch the mode themselves.
fn live_sabotages() -> [GuestSpec; 4] {
    [
        ("mlock-batch-overlooked", LIVE_DRAIN),
        ("one-not-replaced", LIVE_DRAIN),
        ("unload-without-waiting", LIVE_UNLOAD),
        ("owner-not-excluded", LIVE_DRAIN),
    ]
    .map(|(name, program)| GuestSpec {
        count: Some(1),
        ..sabotage(name, Variant::STANDARD, program).live()
    })
}

/// A test that is skipped for a reason that is none to worry about.
#[derive(Debug)]
pub struct ExpectedSkip {
    /// The program.
    pub program: &'static str,
    /// Words of the test's name.
    pub test: &'static str,
    /// Words of the reason it gives.
    pub reason: &'static str,
}

/// Every skip that is not listed here is a failure.
pub const EXPECTED_SKIPS: &[ExpectedSkip] = &[];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{GuestSpec, SWITCH, Setting, debug_guests, guests, sabotages};
    use crate::debug_kernel::DebugKernel;
    use crate::kernel_choice::Flavour;
    use crate::variant::Variant;

    #[test]
    fn guests_have_names_of_their_own() {
        for kernel in DebugKernel::ALL {
            let all: Vec<_> = guests(kernel.flavour())
                .into_iter()
                .chain(debug_guests(kernel))
                .chain(sabotages().into_iter().map(|sabotage| sabotage.guest))
                .map(|guest| guest.name)
                .collect();
            let distinct: BTreeSet<_> = all.iter().collect();
            assert_eq!(distinct.len(), all.len());
        }
    }

    #[test]
    fn kunit_is_for_debug_kernels() {
        for kernel in DebugKernel::ALL {
            let stock = guests(kernel.flavour());
            assert!(!stock.iter().any(|guest| guest.variant.kunit));
            let debug = debug_guests(kernel);
            for guest in &debug {
                let runs_kunit = guest.programs.iter().any(|program| program.name == "kunit");
                assert_eq!(runs_kunit, guest.variant.kunit);
            }
            assert!(debug.iter().any(|guest| guest.variant.kunit));
        }
    }

    #[test]
    fn the_last_cpu_is_the_isolated_one() {
        let all = guests(Flavour::Amd64);
        let guest = all.iter().find(|guest| guest.name == "isolated-1").unwrap();
        assert_eq!(
            guest.arguments(8),
            "isolcpus=nohz,domain,managed_irq,7 nohz_full=7 rcu_nocbs=7 pwlocks=1"
        );
        let plan = guest.plan(8);
        assert_eq!(plan.steps[0].env["PWLOCKS_ISOLATED"], "7");
        assert_eq!(plan.steps[0].argv, ["/usr/libexec/pwlocks/isolation"]);
    }

    #[test]
    fn only_a_guest_that_must_oops_may() {
        for guest in guests(Flavour::Amd64) {
            let may = guest.plan(4).steps[0].env.contains_key("PWLOCKS_OOPS");
            assert_eq!(may, guest.name == "nesting");
            assert_eq!(may, guest.bug.is_some());
        }
    }

    #[test]
    fn the_mode_is_switched_where_the_guest_says_so() {
        let all = guests(Flavour::RtAmd64);
        let value = |name: &str| {
            let guest = all.iter().find(|guest| guest.name == name).unwrap();
            guest.plan(4).steps[0].env.get("PWLOCKS_FLIP_MS").cloned()
        };
        assert_eq!(value("flipping").as_deref(), Some("100"));
        assert_eq!(value("mode-0"), None);
    }

    #[test]
    fn the_timed_guests_are_those_of_conservation() {
        for flavour in [Flavour::Amd64, Flavour::RtAmd64] {
            for guest in guests(flavour) {
                assert_eq!(
                    guest.is_timed(),
                    guest.name.starts_with("conservation-"),
                    "{}",
                    guest.name
                );
            }
        }
        assert!(!sabotages().iter().any(|sabotage| sabotage.guest.is_timed()));
    }

    #[test]
    fn a_guest_that_counts_has_the_cpus_it_takes() {
        for flavour in [Flavour::Amd64, Flavour::RtAmd64] {
            let all = guests(flavour);
            let cpus = |name: &str| {
                let guest = all.iter().find(|guest| guest.name == name).unwrap();
                guest.cpus(8)
            };
            assert_eq!(cpus("count"), 1);
            assert_eq!(cpus("live-count"), 1);
            assert_eq!(cpus("live-hold"), 2);
            assert_eq!(cpus("live"), 8);
        }
    }

    /// The plugin is for the emulator, which the other guests may have to do without.
    #[test]
    fn atomic_instructions_are_counted_where_all_are() {
        for flavour in Flavour::ALL {
            let all = guests(flavour);
            assert!(all.iter().any(|guest| guest.atomics));
            for guest in all.iter().filter(|guest| guest.atomics) {
                assert!(guest.setting.counts());
            }
        }
    }

    #[test]
    fn of_those_that_count_one_may_be_isolated() {
        let guest =
            GuestSpec::new("x", Variant::STANDARD, &[SWITCH]).setting(Setting::CountingIsolated(2));
        assert!(guest.setting.counts());
        assert_eq!(guest.cpus(8), 2);
        assert!(guest.arguments(8).contains("nohz_full=1 "));
        assert_eq!(guest.plan(8).steps[0].env["PWLOCKS_ISOLATED"], "1");
    }

    #[test]
    fn every_sabotage_names_one_program_that_must_notice() {
        for sabotage in sabotages() {
            assert_eq!(sabotage.guest.programs.len(), 1);
            assert!(sabotage.guest.arguments(4).contains("panic_on_taint="));
            let plan = sabotage.guest.plan(4);
            let named = plan.steps[0].env["PWLOCKS_SABOTAGE"].as_str();
            assert_eq!(Some(named), sabotage.guest.variant.sabotage);
        }
    }
}
