//! The vault as a file that only its owner reads. Each change writes it anew beside itself and then takes its place, so that a
//! crash leaves the old content or the new one.

use std::{fs::File, io::Read, path::PathBuf};

use secrecy::SecretString;

use super::{Change, VaultError, content::Content};
use crate::storage::{StorageError, StorageLocation, TextFile};

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
    pub(super) fn find(&self, name: &str, formers: &[&str]) -> Result<Option<SecretString>, VaultError> {
        Ok(self.read()?.find(&self.target, formers, name))
    }

    /// Puts secrets in their places, or takes them out. One change at a time, whoever makes it: each writes the whole. While somebody else is at it, it
    /// is [busy](StorageError::Busy).
    pub(super) fn change(&self, changes: &[Change<'_>], former: Option<&str>) -> Result<(), VaultError> {
        self.edit(|content| content.change_all(&self.target, former, changes))
    }

    /// Puts what was kept for the target under its former name where it is looked for.
    pub(super) fn rename(&self, former: &str) -> Result<(), VaultError> {
        self.edit(|content| content.rename(former, &self.target))
    }

    fn edit(&self, edit: impl FnOnce(&mut Content)) -> Result<(), VaultError> {
        let mut file = self.file();
        let text = file.open()?;
        let mut content = self.content(text)?;
        edit(&mut content);
        Ok(file.rewrite(&content.text())?)
    }

    fn read(&self) -> Result<Content, VaultError> {
        self.content(self.file().read()?)
    }

    fn file(&self) -> TextFile {
        TextFile::new(self.path.clone(), "json.lock")
    }

    fn content(&self, text: Option<File>) -> Result<Content, VaultError> {
        let Some(mut file) = text else { return Ok(Content::default()) };
        let mut text = Vec::new();
        let location = || StorageLocation::File(self.path.clone());
        file.read_to_end(&mut text).map_err(|error| StorageError::unreadable(location(), &error))?;
        Content::read(&text).map_err(|_| VaultError::Damaged { place: format!("`{}`", location()) })
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io, path::Path};

    use secrecy::ExposeSecret;

    use super::*;
    use crate::private_file;

    #[expect(clippy::disallowed_methods, reason = "the test looks at what it made up itself")]
    fn text(secret: Option<SecretString>) -> Option<String> {
        secret.map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn what_was_kept_is_found_by_another_process_and_only_for_its_target() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo/harbor.secrets.json");
        let vault = FileVault::new(path.clone(), "harbor at a");
        assert_eq!(text(vault.find("robot", &[]).unwrap()), None);
        vault.change(&[("robot", Some(&"one".into()))], None).unwrap();
        vault.change(&[("other", Some(&"two".into()))], None).unwrap();
        vault.change(&[("robot", Some(&"three".into()))], None).unwrap();
        assert_eq!(
            text(FileVault::new(path.clone(), "harbor at a").find("robot", &[]).unwrap()).as_deref(),
            Some("three")
        );
        assert_eq!(text(FileVault::new(path.clone(), "harbor at b").find("robot", &[]).unwrap()), None);
        vault.change(&[("robot", None)], None).unwrap();
        assert_eq!(text(vault.find("robot", &[]).unwrap()), None);
        assert_eq!(text(vault.find("other", &[]).unwrap()).as_deref(), Some("two"));
    }

    #[test]
    fn what_was_kept_under_a_former_name_is_found_and_newer_secrets_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("harbor.secrets.json");
        let former = FileVault::new(path.clone(), "harbor at a");
        former.change(&[("robot", Some(&"old".into())), ("other", Some(&"two".into()))], None).unwrap();
        let vault = FileVault::new(path, "harbor at b");
        vault.change(&[("robot", Some(&"new".into()))], None).unwrap();
        assert_eq!(text(vault.find("other", &["harbor at a"]).unwrap()).as_deref(), Some("two"));
        vault.rename("harbor at a").unwrap();
        assert_eq!(text(vault.find("other", &[]).unwrap()).as_deref(), Some("two"));
        assert_eq!(text(vault.find("robot", &[]).unwrap()).as_deref(), Some("new"));
        assert_eq!(text(former.find("other", &[]).unwrap()), None);
    }

    /// What a version of before keys had one has left.
    #[test]
    fn what_was_kept_before_keys_had_a_version_is_found_and_moved_with_the_first_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("harbor.secrets.json");
        let recorded = r#"{"format":1,"targets":{"harbor at https://h.example":{"robot/ops":"one","robot/ci":"two"}}}"#;
        private_file::replace(&path, recorded.as_bytes()).unwrap();
        let (key, words) = ("v1/harbor/https%3A%2F%2Fh.example", "harbor at https://h.example");
        let vault = FileVault::new(path.clone(), key);
        assert_eq!(text(vault.find("robot/ops", &[words]).unwrap()).as_deref(), Some("one"));
        assert_eq!(fs::read_to_string(&path).unwrap(), recorded, "looking writes nothing");
        vault.change(&[("robot/ci", Some(&"three".into()))], Some(words)).unwrap();
        assert_eq!(text(vault.find("robot/ops", &[]).unwrap()).as_deref(), Some("one"));
        assert_eq!(text(vault.find("robot/ci", &[]).unwrap()).as_deref(), Some("three"));
        assert!(!fs::read_to_string(&path).unwrap().contains(words));
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_the_vault() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("harbor.secrets.json");
        FileVault::new(path.clone(), "t").change(&[("robot", Some(&"one".into()))], None).unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    /// The new content was once written to a file whose name everybody could tell before.
    #[cfg(unix)]
    #[test]
    fn a_planted_file_or_link_gets_nothing_of_the_vault() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("harbor.secrets.json");
        let (planted, target) = (folder.path().join("harbor.secrets.json.new"), folder.path().join("target"));
        fs::write(&target, "").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o666)).unwrap();
        let plants: [fn(&Path, &Path) -> io::Result<()>; 2] =
            [|target, planted| fs::hard_link(target, planted), |target, planted| symlink(target, planted)];
        for plant in plants {
            plant(&target, &planted).unwrap();
            FileVault::new(path.clone(), "t").change(&[("robot", Some(&"one".into()))], None).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::read_to_string(&target).unwrap(), "");
            fs::remove_file(&planted).unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_vault_that_others_may_read_is_refused_and_stays_as_it_is() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("harbor.secrets.json");
        let vault = FileVault::new(path.clone(), "t");
        vault.change(&[("robot", Some(&"one".into()))], None).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let before = fs::read(&path).unwrap();
        assert!(matches!(vault.find("robot", &[]), Err(VaultError::Storage(StorageError::Exposed { .. }))));
        assert!(matches!(
            vault.change(&[("robot", None)], None),
            Err(VaultError::Storage(StorageError::Exposed { .. }))
        ));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_damaged_and_a_newer_vault_are_neither_read_nor_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("harbor.secrets.json");
        let vault = FileVault::new(path.clone(), "t");
        for content in ["{", r#"{"format":2,"targets":{}}"#] {
            private_file::replace(&path, content.as_bytes()).unwrap();
            assert!(matches!(vault.find("robot", &[]), Err(VaultError::Damaged { .. })));
            assert!(matches!(vault.change(&[("robot", Some(&"one".into()))], None), Err(VaultError::Damaged { .. })));
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
                    let change = || vault.change(&[(format!("robot-{number}").as_str(), Some(&"one".into()))], None);
                    while matches!(change(), Err(VaultError::Storage(StorageError::Busy { .. }))) {
                        std::thread::yield_now();
                    }
                    assert!(vault.find(&format!("robot-{number}"), &[]).unwrap().is_some());
                });
            }
        });
        let vault = FileVault::new(path, "t");
        assert!((0..8).all(|number| vault.find(&format!("robot-{number}"), &[]).unwrap().is_some()));
    }
}
