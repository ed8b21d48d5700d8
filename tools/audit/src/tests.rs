// SPDX-License-Identifier: GPL-2.0

//! The audit of a kernel made for it: that it passes, and all the ways in which it must not.

use crate::coverage::{Argued, Layout, Member};
use crate::kernel::Kernel;
use crate::report::{Report, Verdict};
use crate::synthetic::{CPU_FBATCHES, Code, MLOCK_FBATCH, Synthetic, coverage};

fn verdict(report: &Report, name: &str) -> Option<Verdict> {
    let mut functions = report.functions.iter();
    let function = functions.find(|function| function.name == name)?;
    Some(function.verdict)
}

/// The audit must fail, and one line must have all of `words`.
fn assert_fails(report: &Report, words: &[&str]) {
    let complaints = report.complaints();
    let named = |line: &String| words.iter().all(|word| line.contains(word));
    assert!(!report.ok);
    assert!(complaints.iter().any(named), "{words:?} in {complaints:?}");
}

#[test]
fn a_covered_kernel_passes_and_everything_is_judged() {
    let report = Synthetic::covered().audit(&coverage());
    assert!(report.ok, "{:?}", report.complaints());
    for (name, expected) in [
        ("folio_add_lru", Some(Verdict::Replaced)),
        ("move", Some(Verdict::Unreachable)),
        ("drain_all", Some(Verdict::Replaced)),
        ("__drain_all", Some(Verdict::Unreachable)),
        ("need_drain", Some(Verdict::Harmless)),
        ("fault", None),
    ] {
        assert_eq!(verdict(&report, name), expected, "{name}");
    }
    assert_eq!(report.release, "7.2.99-test");
    assert_eq!(report.version, "#1 SMP PREEMPT_DYNAMIC test");
    assert_eq!(report.build_id, "01020304");
}

#[test]
fn an_unknown_function_that_refers_to_a_batch_is_named() {
    let last_byte = MLOCK_FBATCH + 15;
    for code in [
        Code::Lea(CPU_FBATCHES),
        Code::Mov(CPU_FBATCHES + 31),
        Code::Read(last_byte),
    ] {
        let kernel = Synthetic::covered().with("stranger", &[code, Code::Ret]);
        assert_fails(&kernel.audit(&coverage()), &["stranger", "refers to"]);
    }
}

#[test]
fn what_lies_beside_a_batch_is_none() {
    let code = [Code::Lea(CPU_FBATCHES + 32), Code::Lea(CPU_FBATCHES - 1)];
    let kernel = Synthetic::covered().with("neighbour", &code);
    assert!(kernel.audit(&coverage()).ok);
}

#[test]
fn every_function_taken_out_of_the_list_is_missed() {
    for number in 0..coverage().replaced.len() {
        let mut coverage = coverage();
        let name = coverage.replaced.remove(number).name;
        assert_fails(&Synthetic::covered().audit(&coverage), &[name]);
    }
    let mut coverage = coverage();
    coverage.kept.clear();
    assert_fails(&Synthetic::covered().audit(&coverage), &["need_drain"]);
}

#[test]
fn a_helper_called_by_a_stranger_is_not_unreachable() {
    let kernel = Synthetic::covered().with("stranger", &[Code::Call("move"), Code::Ret]);
    let report = kernel.audit(&coverage());
    assert_fails(
        &report,
        &["stranger", "calls move, which is handed a batch"],
    );
    assert_fails(&report, &["move: ", "handed a batch by folio_add_lru"]);
}

#[test]
fn a_helper_for_batches_of_all_sorts_may_be_called_by_anybody() {
    let kernel = Synthetic::covered().with("stranger", &[Code::Call("move"), Code::Ret]);
    let mut coverage = coverage();
    coverage.any_batch.push(Argued {
        name: "move",
        reason: "moves anybody's",
    });
    let report = kernel.audit(&coverage);
    assert!(report.ok, "{:?}", report.complaints());
    assert_eq!(verdict(&report, "stranger"), None);
}

#[test]
fn an_address_in_data_counts_as_a_caller() {
    let mut kernel = Synthetic::covered();
    kernel.data = vec![kernel.address("__drain_all")];
    assert_fails(&kernel.audit(&coverage()), &["__drain_all", "table"]);
    // The address of a batch may be used by anybody.
    kernel.data = vec![CPU_FBATCHES + 8];
    assert_fails(&kernel.audit(&coverage()), &["table", "cpu_fbatches"]);
    // Something that is taken by address alone is as good as called.
    let taken = Code::Lea(Synthetic::covered().address("__drain_all"));
    let kernel = Synthetic::covered().with("stranger", &[taken, Code::Ret]);
    assert_fails(
        &kernel.audit(&coverage()),
        &["__drain_all", "called by", "stranger"],
    );
}

#[test]
fn what_calls_itself_or_each_other_is_unreachable_all_the_same() {
    use Code::{Call, Lea, Ret};
    let code = [Lea(CPU_FBATCHES), Call("drain_all.cold"), Ret];
    let mut kernel = Synthetic::covered()
        .with("helper", &code)
        .with("drain_all.cold", &[Call("helper"), Ret]);
    kernel.functions[2].1 = vec![Code::Traced, Call("__drain_all"), Call("helper"), Ret];
    let report = kernel.audit(&coverage());
    assert!(report.ok, "{:?}", report.complaints());
    let kernel = kernel.with("stranger", &[Call("drain_all.cold"), Ret]);
    assert_fails(&kernel.audit(&coverage()), &["helper"]);
}

#[test]
fn what_nobody_calls_is_not_taken_for_unreachable() {
    let kernel = Synthetic::covered().with("entry_asm", &[Code::Lea(CPU_FBATCHES)]);
    assert_fails(&kernel.audit(&coverage()), &["entry_asm"]);
}

#[test]
fn a_replaced_function_must_have_one_entry_and_only_that() {
    let mut kernel = Synthetic::covered();
    kernel.functions[0].1.remove(0);
    assert_fails(
        &kernel.audit(&coverage()),
        &["folio_add_lru", "no entry for ftrace"],
    );

    let kernel = Synthetic::covered().with("stranger", &[Code::Jump("folio_add_lru", 11)]);
    assert_fails(
        &kernel.audit(&coverage()),
        &["folio_add_lru", "stranger enters it behind"],
    );
    // A call may skip endbr64, which ftrace's entry comes after.
    let kernel = Synthetic::covered().with("direct", &[Code::Jump("folio_add_lru", 4)]);
    assert!(kernel.audit(&coverage()).ok);
    // What was split off from it comes back into its middle.
    let mut kernel = Synthetic::covered().with("part.cold", &[Code::Jump("folio_add_lru", 11)]);
    kernel.functions[0].1.push(Code::Call("part.cold"));
    let report = kernel.audit(&coverage());
    assert!(report.ok, "{:?}", report.complaints());
    assert_eq!(verdict(&report, "part.cold"), Some(Verdict::Unreachable));
}

#[test]
fn names_to_replace_must_exist_once() {
    let mut kernel = Synthetic::covered();
    kernel.functions[2].0 = "drain_everything";
    assert_fails(&kernel.audit(&coverage()), &["drain_all", "0 symbols"]);
    let kernel = Synthetic::covered().with("drain_all", &[Code::Traced, Code::Ret]);
    assert_fails(&kernel.audit(&coverage()), &["drain_all", "2 symbols"]);
}

#[test]
fn names_that_the_module_has_must_exist_once() {
    let audit = |kernel: &Synthetic, names: &str| {
        let mut coverage = coverage();
        coverage.names.push_str(names);
        kernel.audit(&coverage)
    };
    let covered = Synthetic::covered();
    assert_fails(
        &audit(&covered, "lru_add\n"),
        &["lru_add", "0 of this name"],
    );
    for condition in ["CONFIG_PREEMPT_RT", "HAVE_lru_add", "!HAVE_drain_all"] {
        assert!(audit(&covered, &format!("lru_add if {condition}\n")).ok);
        let opposite = format!("lru_add if !{condition}\n").replace("!!", "");
        assert!(!audit(&covered, &opposite).ok, "{opposite}");
    }
    let twice = covered.with("fault", &[Code::Ret]);
    assert_fails(&audit(&twice, "fault\n"), &["fault", "2 of this name"]);
    assert_fails(&audit(&twice, "fault,3\n"), &["fault", "2 of this name"]);
    assert!(audit(&twice, "fault,2\n").ok);
}

#[test]
fn what_the_module_cannot_name_is_not_replaced() {
    let mut coverage = coverage();
    coverage.names = "folio_add_lru\ndrain_all if CONFIG_PREEMPT_RT\n".to_owned();
    let report = Synthetic::covered().audit(&coverage);
    assert_fails(&report, &["drain_all", "does not have its name"]);
}

#[test]
fn a_list_of_names_that_cannot_be_read_stops_the_audit() {
    let bytes = Synthetic::covered().build();
    let kernel = Kernel::parse(&bytes).unwrap();
    for (names, what) in [
        ("fault if CONFIG_SMP\n", "CONFIG_SMP"),
        ("fault when\n", "when"),
    ] {
        let mut coverage = coverage();
        coverage.names.push_str(names);
        let error = crate::report(&kernel, &coverage).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn harmless_ones_are_held_to_it() {
    use Code::{Bytes, Call, Lea, Ret, Store};
    // call rax.
    let indirect: &[u8] = &[0xff, 0xd0];
    for (code, what) in [
        (vec![Lea(MLOCK_FBATCH), Store, Ret], "stores"),
        (vec![Lea(MLOCK_FBATCH), Call("fault"), Ret], "hands one on"),
        (
            vec![Lea(MLOCK_FBATCH), Bytes(indirect), Ret],
            "hands one on",
        ),
        // push rdi; pop rsi; mov [rsi], al.
        (
            vec![Lea(MLOCK_FBATCH), Bytes(&[0x57, 0x5e, 0x88, 0x06]), Ret],
            "stores",
        ),
        // mov [rax], rdi.
        (
            vec![Lea(MLOCK_FBATCH), Bytes(&[0x48, 0x89, 0x38]), Ret],
            "keeps",
        ),
    ] {
        let mut kernel = Synthetic::covered();
        kernel.functions[4].1 = code;
        assert_fails(&kernel.audit(&coverage()), &["need_drain", what]);
    }
    // xor edi, edi; mov [rdi], al: no pointer any more.
    let mut kernel = Synthetic::covered();
    kernel.functions[4].1 = vec![Lea(MLOCK_FBATCH), Bytes(&[0x31, 0xff]), Store, Ret];
    assert!(kernel.audit(&coverage()).ok);
}

#[test]
fn assembly_may_keep_and_get_what_its_type_does_not_say() {
    use Code::{Call, Lea, Ret, Store, Traced};
    // The assembler says that it takes nothing, as the compiler says of nothing(void) in C.
    let behind = |helper: &[Code]| {
        let mut kernel = Synthetic::covered().with("nothing", helper);
        kernel.functions[4].1 = vec![Lea(MLOCK_FBATCH), Call("nothing"), Store, Ret];
        kernel.audit(&coverage())
    };
    let report = behind(&[Ret]);
    assert_fails(&report, &["need_drain", "stores"]);
    assert_fails(&report, &["nothing", "is handed a batch"]);
    let report = behind(&[Traced, Ret]);
    assert!(report.ok, "{:?}", report.complaints());
    // ftrace's entry leaves alone what the function was handed.
    let mut kernel = Synthetic::covered().with("__fentry__", &[Ret]);
    kernel.functions[1].1 = vec![Call("__fentry__"), Lea(CPU_FBATCHES), Call("helper"), Ret];
    let kernel = kernel.with("helper", &[Call("__fentry__"), Call("last"), Ret]);
    let kernel = kernel.with("last", &[Store, Ret]);
    let report = kernel.audit(&coverage());
    assert_eq!(verdict(&report, "last"), Some(Verdict::Unreachable));
    assert_eq!(verdict(&report, "__fentry__"), None);
}

#[test]
fn who_only_tells_ours_which_batch_to_use_may_go_on() {
    use Code::{Bytes, Call, Jump, Lea, Ret, Store};
    let name = |code: &[Code]| Synthetic::covered().with("name", code).audit(&coverage());
    let report = name(&[Lea(CPU_FBATCHES), Jump("folio_add_lru", 0)]);
    assert!(report.ok, "{:?}", report.complaints());
    assert_eq!(verdict(&report, "name"), Some(Verdict::Harmless));
    for code in [
        // Reads it: mov al, [rdi].
        vec![
            Lea(CPU_FBATCHES),
            Bytes(&[0x8a, 0x07]),
            Jump("folio_add_lru", 0),
        ],
        vec![Lea(CPU_FBATCHES), Store, Jump("folio_add_lru", 0)],
        // Puts it where it is not followed: movq xmm0, rdi.
        vec![
            Lea(CPU_FBATCHES),
            Bytes(&[0x66, 0x48, 0x0f, 0x6e, 0xc7]),
            Jump("folio_add_lru", 0),
        ],
        // Hands it to others as well, or to others only, or to nobody.
        vec![Lea(CPU_FBATCHES), Call("fault"), Jump("folio_add_lru", 0)],
        vec![Lea(CPU_FBATCHES), Jump("fault", 0)],
        vec![Lea(CPU_FBATCHES), Ret],
    ] {
        assert_fails(&name(&code), &["name: refers to cpu_fbatches"]);
    }
}

#[test]
fn bytes_that_are_no_instruction_are_searched_too() {
    let batch = CPU_FBATCHES.to_le_bytes();
    let hidden: &'static [u8] = vec![0x06, batch[0], batch[1], batch[2], batch[3]].leak();
    let kernel = Synthetic::covered().with("data_in_text", &[Code::Bytes(hidden), Code::Ret]);
    assert_fails(
        &kernel.audit(&coverage()),
        &["data_in_text", "cpu_fbatches"],
    );
}

#[test]
fn a_structure_that_differs_is_named_with_its_member() {
    let mut kernel = Synthetic::covered();
    kernel.lru_add = 17;
    let report = kernel.audit(&coverage());
    assert_fails(
        &report,
        &["cpu_fbatches", "lru_add", "17 bytes", "expected 16"],
    );

    let expect = |size, path, offset| {
        let mut coverage = coverage();
        coverage.layout = vec![Layout {
            name: "cpu_fbatches",
            size,
            members: vec![Member {
                path,
                offset,
                size: 1,
            }]
            .leak(),
        }];
        Synthetic::covered().audit(&coverage)
    };
    assert!(expect(None, "lru_activate.nr", 16).ok);
    assert_fails(
        &expect(Some(40), "lru_activate.nr", 16),
        &["has 32 bytes, expected 40"],
    );
    assert_fails(
        &expect(None, "lru_activate.nr", 0),
        &["lru_activate.nr", "at 16"],
    );
    assert_fails(&expect(None, "gone", 0), &["gone is missing"]);
    let mut coverage = coverage();
    coverage.layout[0].name = "nothing_of_the_kind";
    assert_fails(
        &Synthetic::covered().audit(&coverage),
        &["no such structure"],
    );
}

#[test]
fn with_locks_in_the_kernel_its_list_is_all_that_counts() {
    let mut kernel = Synthetic::covered();
    kernel.version = "#1 SMP PREEMPT_RT test";
    let mut coverage = coverage();
    coverage.locked = true;
    coverage.replaced.remove(0);
    let argued = |name| Argued { name, reason: "" };
    coverage
        .kept
        .extend([argued("folio_add_lru"), argued("move")]);
    let report = kernel.audit(&coverage);
    assert!(report.ok, "{:?}", report.complaints());
    assert_eq!(verdict(&report, "folio_add_lru"), Some(Verdict::Locked));
    let kernel = kernel.with("stranger", &[Code::Read(CPU_FBATCHES), Code::Ret]);
    assert_fails(&kernel.audit(&coverage), &["stranger"]);
}

#[test]
fn a_kernel_without_the_batches_cannot_be_audited() {
    let bytes = Synthetic::covered().build();
    let kernel = Kernel::parse(&bytes).unwrap();
    let mut coverage = coverage();
    coverage.batches[0].name = "cpu_pvecs";
    let error = crate::report(&kernel, &coverage).unwrap_err().to_string();
    assert!(error.contains("cpu_pvecs"), "{error}");
}

#[test]
fn how_many_arguments_a_function_takes_is_known_from_its_type() {
    let bytes = Synthetic::covered().build();
    let types = Kernel::parse(&bytes).unwrap().types;
    assert_eq!(types.arguments("nothing"), Some(0));
    assert_eq!(types.arguments("one"), Some(1));
    assert_eq!(types.arguments("unheard_of"), None);
}
