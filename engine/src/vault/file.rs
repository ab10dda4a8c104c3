//! The vault as a file that only its owner reads. Each change writes it anew beside itself and then takes its place, so that a
//! crash leaves the old content or the new one.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use secrecy::SecretString;

use super::{VaultError, content::Content};
use crate::{regular_file, secrets::reason};

/// The vault of one target in a file that has those of others too.
pub(super) struct FileVault {
    path: PathBuf,
    target: String,
}

impl FileVault {
    pub(super) fn new(path: PathBuf, target: &str) -> Self {
        Self { path, target: target.to_owned() }
    }

    /// Read anew at each call: another run may have kept something.
    pub(super) fn find(&self, name: &str) -> Result<Option<SecretString>, VaultError> {
        Ok(self.read()?.find(&self.target, name))
    }

    /// Puts a secret in its place, or takes it out. One change at a time, whoever makes it: each writes the whole. While somebody else is at it, it
    /// is [busy](VaultError::Busy).
    pub(super) fn change(&self, name: &str, secret: Option<&SecretString>) -> Result<(), VaultError> {
        let failed = |error: io::Error| VaultError::NotWritable { place: self.place(), reason: reason(&error) };
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = self.path.with_extension("json.lock");
        regular_file::check(&lock).map_err(failed)?;
        let lock = private(OpenOptions::new().create(true).append(true)).open(lock).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(VaultError::Busy { place: self.place() }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut content = self.read()?;
        content.change(&self.target, name, secret);
        self.write(&content.text(), folder).map_err(failed)
    }

    fn place(&self) -> String {
        format!("`{}`", self.path.display())
    }

    fn read(&self) -> Result<Content, VaultError> {
        let mut text = Vec::new();
        let read = regular_file::check(&self.path).and_then(|()| File::open(&self.path)?.read_to_end(&mut text));
        match read {
            Ok(_) => Content::read(&text).map_err(|_| VaultError::Damaged { place: self.place() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Content::default()),
            Err(error) => Err(VaultError::Unreadable { place: self.place(), reason: reason(&error) }),
        }
    }

    fn write(&self, text: &[u8], folder: &Path) -> io::Result<()> {
        let new = self.path.with_extension("json.new");
        let mut file = private(OpenOptions::new().create(true).write(true).truncate(true)).open(&new)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        // The new name is durable once its folder is; a system where folders cannot be opened has no such notion.
        File::open(folder).and_then(|folder| folder.sync_all()).or(Ok(()))
    }
}

/// Only the owner reads and writes the file.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the test looks at what it made up itself")]
    fn text(secret: Option<SecretString>) -> Option<String> {
        secret.map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn what_was_kept_is_found_by_another_process_and_only_for_its_target() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo/harbor.secrets.json");
        let vault = FileVault::new(path.clone(), "harbor at a");
        assert_eq!(text(vault.find("robot").unwrap()), None);
        vault.change("robot", Some(&"one".into())).unwrap();
        vault.change("other", Some(&"two".into())).unwrap();
        vault.change("robot", Some(&"three".into())).unwrap();
        assert_eq!(text(FileVault::new(path.clone(), "harbor at a").find("robot").unwrap()).as_deref(), Some("three"));
        assert_eq!(text(FileVault::new(path.clone(), "harbor at b").find("robot").unwrap()), None);
        vault.change("robot", None).unwrap();
        assert_eq!(text(vault.find("robot").unwrap()), None);
        assert_eq!(text(vault.find("other").unwrap()).as_deref(), Some("two"));
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_the_vault() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("harbor.secrets.json");
        FileVault::new(path.clone(), "t").change("robot", Some(&"one".into())).unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_and_a_newer_vault_are_neither_read_nor_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("harbor.secrets.json");
        let vault = FileVault::new(path.clone(), "t");
        for content in ["{", r#"{"format":2,"targets":{}}"#] {
            fs::write(&path, content).unwrap();
            assert!(matches!(vault.find("robot"), Err(VaultError::Damaged { .. })));
            assert!(matches!(vault.change("robot", Some(&"one".into())), Err(VaultError::Damaged { .. })));
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
    }

    #[test]
    fn changes_at_the_same_time_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("harbor.secrets.json");
        std::thread::scope(|scope| {
            for number in 0..8 {
                let path = path.clone();
                scope.spawn(move || {
                    let vault = FileVault::new(path, "t");
                    let change = || vault.change(&format!("robot-{number}"), Some(&"one".into()));
                    while matches!(change(), Err(VaultError::Busy { .. })) {
                        std::thread::yield_now();
                    }
                    assert!(vault.find(&format!("robot-{number}")).unwrap().is_some());
                });
            }
        });
        let vault = FileVault::new(path, "t");
        assert!((0..8).all(|number| vault.find(&format!("robot-{number}")).unwrap().is_some()));
    }
}
