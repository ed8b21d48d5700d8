// SPDX-License-Identifier: GPL-2.0

//! The program with its arguments and files.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process;

use super::link::{example, link_example, names};
use super::module::{GLOBAL, UNDEFINED};
use crate::{make_symvers, run, symvers};

/// A folder with a module, its list and a symvers file, gone at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, module: &[u8]) -> Self {
        let path = env::temp_dir().join(format!("klp_link-{name}-{}", process::id()));
        fs::create_dir_all(&path).unwrap();
        let folder = Self(path);
        fs::write(folder.path("a.ko"), module).unwrap();
        let list = "lru_add_drain_cpu  # why\ncpu_fbatches if CONFIG_SMP\nkfree if !CONFIG_SMP\n";
        fs::write(folder.path("symbols"), list).unwrap();
        fs::write(folder.path("auto.conf"), "CONFIG_SMP=y\n").unwrap();
        fs::write(
            folder.path("declared"),
            symvers::of_names(&names(&["lru_add_drain_cpu", "cpu_fbatches"])),
        )
        .unwrap();
        let exported = "0x00000000\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n";
        fs::write(folder.path("Module.symvers"), exported).unwrap();
        folder
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).into_os_string().into_string().unwrap()
    }

    fn link(&self) -> Result<(), String> {
        let files = ["a.ko", "declared", "Module.symvers"].map(|name| self.path(name));
        run(&[&["link".to_owned()], &files[..]].concat())
    }

    fn names(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that cannot be removed is no failure of what is tested.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_module_is_replaced_by_the_changed_one() {
    let file = example().file();
    let folder = Folder::new("replaced", &file);
    let names = folder.names();
    let module = folder.path("a.ko");
    fs::set_permissions(&module, fs::Permissions::from_mode(0o640)).unwrap();
    folder.link().unwrap();
    let changed = fs::read(&module).unwrap();
    assert_eq!(changed, link_example(&file).unwrap().unwrap());
    let mode = fs::metadata(&module).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(folder.names(), names);
    folder.link().unwrap();
    assert_eq!(fs::read(&module).unwrap(), changed);
}

#[test]
fn a_module_that_is_refused_stays_as_it_is() {
    let mut module = example();
    module.symbol("nobody_exports_this", GLOBAL, UNDEFINED);
    let folder = Folder::new("refused", &module.file());
    let names = folder.names();
    let what = folder.link().unwrap_err();
    assert!(what.starts_with("klp_link: "), "{what}");
    assert!(what.ends_with("a.ko: nothing exports what it uses: nobody_exports_this"));
    assert_eq!(what.lines().count(), 1);
    assert_eq!(fs::read(folder.path("a.ko")).unwrap(), module.file());
    assert_eq!(folder.names(), names);
}

#[test]
fn the_list_tells_modpost_what_is_used() {
    let folder = Folder::new("list", &[]);
    let text = make_symvers(
        folder.path("symbols").as_ref(),
        folder.path("auto.conf").as_ref(),
        &[],
    );
    let declared = fs::read_to_string(folder.path("declared")).unwrap();
    assert_eq!(text, Ok(declared));
}

#[test]
fn a_mistake_in_the_list_is_named_by_its_line() {
    let folder = Folder::new("mistake", &[]);
    let list = folder.path("symbols");
    fs::write(&list, "kfree\nvfree,x\n").unwrap();
    let arguments = ["symvers".to_owned(), list.clone(), folder.path("auto.conf")];
    let what = run(&arguments).unwrap_err();
    assert!(what.starts_with(&format!("klp_link: {list}:2: ")), "{what}");
}

#[test]
fn wrong_use_is_answered_by_the_usage() {
    assert!(run(&[]).unwrap_err().starts_with("usage: "));
    assert!(run(&["link".to_owned()])
        .unwrap_err()
        .starts_with("usage: "));
}
