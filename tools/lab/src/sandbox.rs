// SPDX-License-Identifier: GPL-2.0

//! Runs a command in namespaces of its own, so that nothing it starts or mounts outlives it.
//!
//! Three processes stand between the caller and the command: the outer one makes a mount and a PID
//! namespace, the first process of the PID namespace mounts and reaps, and its child becomes the
//! command. Each dies with its parent, and with the namespace's first process dies everything in
//! it, whatever killed the caller. The mounts vanish with the mount namespace.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, chdir, chroot, fork, getppid};
use serde::{Deserialize, Serialize};

use crate::failure::{During, Result};

/// Name of the hidden subcommand that [`Sandbox::command`] runs.
pub const SUBCOMMAND: &str = "in-sandbox";

/// Files that a root shares with the host: how to reach the network, and whom to trust there.
pub const HOST_FILES: [&str; 3] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/ssl/certs/ca-certificates.crt",
];

/// Exit status of the hidden subcommand when it could not start the command.
const STATUS_NOT_STARTED: i32 = 125;

/// Search path inside a root.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// A folder or file of the host that the command sees.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Bind {
    source: PathBuf,
    target: PathBuf,
    writable: bool,
    /// Whether what is mounted below it comes with it.
    whole: bool,
}

/// A command and what it may see.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Sandbox {
    /// The folder that becomes the command's root, read-only; the host's own root if `None`.
    root: Option<PathBuf>,
    binds: Vec<Bind>,
    tmpfs: Vec<PathBuf>,
    environment: BTreeMap<String, String>,
    folder: PathBuf,
    argv: Vec<String>,
    caller: i32,
}

impl Sandbox {
    /// A sandbox that only contains processes and mounts, on the host's own files.
    pub fn on_host<S: Into<String>>(argv: impl IntoIterator<Item = S>) -> Self {
        Self {
            root: None,
            binds: Vec::new(),
            tmpfs: Vec::new(),
            environment: std::env::vars().collect(),
            folder: PathBuf::from("/"),
            argv: argv.into_iter().map(Into::into).collect(),
            caller: 0,
        }
    }

    /// A sandbox in the root folder `root`.
    ///
    /// The command sees the host's devices and network, an empty /tmp and an empty /mnt, in which
    /// [`Self::read_only`] and [`Self::writable`] make folders of the host appear.
    pub fn in_root<S: Into<String>>(root: &Path, argv: impl IntoIterator<Item = S>) -> Self {
        let mut sandbox = Self {
            root: Some(root.to_owned()),
            tmpfs: vec!["/tmp".into(), "/mnt".into()],
            environment: BTreeMap::new(),
            ..Self::on_host(argv)
        };
        for (name, value) in [("PATH", PATH), ("HOME", "/tmp"), ("LC_ALL", "C.UTF-8")] {
            sandbox = sandbox.env(name, value);
        }
        for name in ["http_proxy", "https_proxy", "no_proxy"] {
            if let Ok(value) = std::env::var(name) {
                sandbox = sandbox.env(name, &value);
            }
        }
        sandbox
    }

    /// Lets the command read `source`, a folder or file, at `target`.
    pub fn read_only(self, source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        self.bind(source.into(), target.into(), false, false)
    }

    /// Lets the command read `source`, a folder, at `target`, with all that is mounted below it.
    pub fn read_only_whole(self, source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        self.bind(source.into(), target.into(), false, true)
    }

    /// Lets the command read and write `source`, a folder or file, at `target`.
    pub fn writable(self, source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        self.bind(source.into(), target.into(), true, false)
    }

    fn bind(mut self, source: PathBuf, target: PathBuf, writable: bool, whole: bool) -> Self {
        self.binds.push(Bind {
            source,
            target,
            writable,
            whole,
        });
        self
    }

    /// Gives the command an empty folder at `target` that is gone afterwards.
    pub fn scratch(mut self, target: impl Into<PathBuf>) -> Self {
        self.tmpfs.push(target.into());
        self
    }

    /// Sets a variable of the command's environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Starts the command in `folder`.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// The command as one would type it.
    pub fn display(&self) -> String {
        self.argv.join(" ")
    }

    /// The process to spawn. It has the command's exit status, or 128 + signal.
    ///
    /// The thread that spawns it must wait for it: the kernel tells a child of its parent's death
    /// when the *thread* that made it ends.
    pub fn command(mut self) -> Result<Command> {
        let step = format!("sandbox for {}", self.display());
        self.caller = Pid::this().as_raw();
        let description = serde_json::to_string(&self).during(&step)?;
        // Not by its path: the host tests may just have replaced the file.
        let mut command = Command::new("/proc/self/exe");
        command.arg(SUBCOMMAND).arg(description);
        Ok(command)
    }
}

/// The hidden subcommand: becomes the sandbox that `description` tells. Returns an exit status.
pub fn enter(description: &str) -> i32 {
    match serde_json::from_str(description)
        .map_err(io::Error::from)
        .and_then(outer)
    {
        Ok(status) => status,
        Err(error) => {
            eprintln!("sandbox: {error}");
            STATUS_NOT_STARTED
        }
    }
}

fn outer(sandbox: Sandbox) -> io::Result<i32> {
    die_with(Pid::from_raw(sandbox.caller))?;
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID)?;
    in_child(|| {
        // Seen from inside, the parent is outside of the PID namespace: number 0.
        die_with(Pid::from_raw(0))?;
        set_up_mounts(&sandbox)?;
        in_child(|| {
            die_with(Pid::from_raw(1))?;
            Err(exec(&sandbox))
        })
    })
}

/// Makes the kernel kill this process when `parent` dies, or now if it has died already.
fn die_with(parent: Pid) -> io::Result<()> {
    set_pdeathsig(Signal::SIGKILL)?;
    if getppid() == parent {
        Ok(())
    } else {
        Err(io::Error::other("the process that wanted this is gone"))
    }
}

/// Runs `child` in a child process and gives back the child's exit status.
///
/// Reaps whatever else becomes a child of this process meanwhile.
fn in_child(child: impl FnOnce() -> io::Result<i32>) -> io::Result<i32> {
    // SAFETY: This process has a single thread, so the child may use everything.
    let forked = unsafe { fork() }?;
    let ForkResult::Parent { child: pid } = forked else {
        let status = child().unwrap_or_else(|error| {
            eprintln!("sandbox: {error}");
            STATUS_NOT_STARTED
        });
        std::process::exit(status);
    };
    loop {
        match waitpid(None, None) {
            Ok(WaitStatus::Exited(who, status)) if who == pid => return Ok(status),
            Ok(WaitStatus::Signaled(who, signal, _)) if who == pid => {
                return Ok(128 + signal as i32);
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn exec(sandbox: &Sandbox) -> io::Error {
    let Some((program, arguments)) = sandbox.argv.split_first() else {
        return io::Error::other("no command");
    };
    let error = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(&sandbox.environment)
        .exec();
    io::Error::new(error.kind(), format!("{program}: {error}"))
}

fn set_up_mounts(sandbox: &Sandbox) -> io::Result<()> {
    change_mount("", "/", MsFlags::MS_REC | MsFlags::MS_PRIVATE)?;
    let root = sandbox.root.as_deref().unwrap_or(Path::new("/"));
    if sandbox.root.is_some() {
        bind(root, root, MsFlags::empty(), false)?;
        bind_devices(root)?;
        for file in HOST_FILES.map(Path::new) {
            if file.exists() {
                bind_into(root, file, file, MsFlags::empty(), false)?;
            }
        }
    }
    new_mount("proc", &root.join("proc"))?;
    for target in &sandbox.tmpfs {
        new_mount("tmpfs", &below(root, target))?;
    }
    for item in &sandbox.binds {
        let whole = if item.whole {
            MsFlags::MS_REC
        } else {
            MsFlags::empty()
        };
        bind_into(root, &item.source, &item.target, whole, item.writable)?;
    }
    if sandbox.root.is_some() {
        chroot(root)?;
    }
    Ok(chdir(&sandbox.folder)?)
}

fn bind_devices(root: &Path) -> io::Result<()> {
    change_mount("/dev", root.join("dev"), MsFlags::MS_BIND | MsFlags::MS_REC)
}

fn below(root: &Path, target: &Path) -> PathBuf {
    root.join(target.strip_prefix("/").unwrap_or(target))
}

/// Binds `source` to `target` below `root`, which is made where it can be missing: in a tmpfs.
fn bind_into(
    root: &Path,
    source: &Path,
    target: &Path,
    whole: MsFlags,
    writable: bool,
) -> io::Result<()> {
    let target = below(root, target);
    if !target.exists() {
        make_mount_point(&target, source.is_dir()).map_err(|error| {
            io::Error::other(format!("make mount point {}: {error}", target.display()))
        })?;
    }
    bind(source, &target, whole, writable)
}

fn make_mount_point(target: &Path, folder: bool) -> io::Result<()> {
    if folder {
        return fs::create_dir_all(target);
    }
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    File::create(target).map(|_| ())
}

/// Binds `source` to `target`, with all that is mounted below it if `whole` is `MS_REC`.
fn bind(source: &Path, target: &Path, whole: MsFlags, writable: bool) -> io::Result<()> {
    change_mount(source, target, MsFlags::MS_BIND | whole)?;
    if !writable {
        let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
        change_mount("", target, flags)?;
    }
    Ok(())
}

fn new_mount(kind: &str, target: &Path) -> io::Result<()> {
    mount(
        Some(kind),
        target,
        Some(kind),
        MsFlags::empty(),
        None::<&str>,
    )
    .map_err(|error| io::Error::other(format!("mount {kind} on {}: {error}", target.display())))
}

fn change_mount(
    source: impl Into<OsString>,
    target: impl AsRef<Path>,
    flags: MsFlags,
) -> io::Result<()> {
    let source = source.into();
    let target = target.as_ref();
    mount(
        Some(source.as_os_str()),
        target,
        None::<&str>,
        flags,
        None::<&str>,
    )
    .map_err(|error| {
        let source = source.to_string_lossy();
        io::Error::other(format!("mount {source} on {}: {error}", target.display()))
    })
}
