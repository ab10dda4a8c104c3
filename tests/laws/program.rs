//! The real program, as a process of its own.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use evenkeel_engine::task::Task;
use tempfile::TempDir;

use crate::{bench::has_cluster, subject::Subject};

/// A folder to work in, which is also the home, with values in it.
pub(crate) struct Program<S: Subject> {
    folder: TempDir,
    has_cluster: bool,
    subject: std::marker::PhantomData<S>,
}

impl<S: Subject> Program<S> {
    pub(crate) fn new(values: &[(&'static str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("values")).unwrap();
        fs::create_dir(folder.path().join("out")).unwrap();
        fs::write(folder.path().join("out/termination-log"), "").unwrap();
        for (name, text) in values {
            fs::write(folder.path().join("values").join(name), text).unwrap();
        }
        Self { folder, has_cluster: has_cluster(values), subject: std::marker::PhantomData }
    }

    /// A file that the program writes.
    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join("out").join(name)
    }

    /// The program with nothing of this process's environment, the secrets in it, and everything logged.
    pub(crate) fn command(&self, command: &str, more: &[&str]) -> Command {
        let out = |name: &str| self.out(name).display().to_string();
        let values = self.folder.path().join("values").display().to_string();
        let (report, inventory) = (out("report.json"), out("inventory.jsonl"));
        let mut process = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        process
            .args([S::Task::NAME, command, "--values", &values, "--report", &report, "--inventory", &inventory])
            .args(more)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "1")
            .envs(self.has_cluster.then(|| ("EVENKEEL_KUBECONFIG", format!("{values}/kubeconfig"))))
            .env("EVENKEEL_TERMINATION_LOG", out("termination-log"))
            .envs(S::SECRETS.iter().copied())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        process
    }

    /// Everything that the program left behind in files, by path.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.extend((path.file_name() != Some("values".as_ref())).then_some(path));
                } else {
                    found.insert(self.name_of(&path), fs::read(&path).unwrap());
                }
            }
        }
        found
    }

    fn name_of(&self, path: &Path) -> String {
        path.strip_prefix(self.folder.path()).unwrap().display().to_string()
    }
}
