//! The real program, in a folder of its own.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// Nothing answers at this address.
pub(crate) const KEYCLOAK: &str = "\
platform: {name: demo}
keycloak: {url: 'http://127.0.0.1:1', admin: {username: admin, password: {fromEnv: PASSWORD}}}
teams: {alpha: {}}
";

pub(crate) const COPIES: &str = "\
platform: {name: demo}
copies:
  - from: {namespaces: team-*, type: kubernetes.io/dockerconfigjson}
    to: {namespace: argocd, name: 'copy-{namespace}-{name}'}
";

pub(crate) struct Program {
    folder: TempDir,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and returns its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    /// A pipe.
    pub(crate) fn pipe(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        if !path.exists() {
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        }
        path
    }

    /// Opens a pipe for writing, which takes until somebody reads. While it is open, the reader waits.
    pub(crate) fn writer(&self, name: &str) -> File {
        OpenOptions::new().write(true).open(self.path(name)).unwrap()
    }

    pub(crate) fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        command.args(arguments);
        self.surround(command)
    }

    /// The program, started by another one.
    pub(crate) fn wrapped(&self, wrapper: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(wrapper);
        command.arg(env!("CARGO_BIN_EXE_evenkeel")).args(arguments);
        self.surround(command)
    }

    fn surround(&self, mut command: Command) -> Command {
        let path = std::env::split_paths("/usr/local/bin:/usr/bin:/bin").collect::<Vec<_>>();
        command
            .env_clear()
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", self.folder.path())
            .env("PASSWORD", "secret-of-the-test")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// A device that is always full, where the system has one.
pub(crate) fn full() -> Option<File> {
    OpenOptions::new().write(true).open(Path::new("/dev/full")).ok()
}
