//! The folder that an export writes.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use evenkeel_core::report::Failure;
use secrecy::{ExposeSecret, SecretString};

use super::{Exported, text};
use crate::storage::reason;

/// The names of variables, for people to fill in.
const EXAMPLE: &str = "secrets.env.example";
/// The same with the values that could be read.
const SECRETS: &str = "secrets.env";

/// Sees whether the folder may be written, before anything is read.
pub(super) fn check(folder: &Path, force: bool) -> Result<(), Failure> {
    match fs::read_dir(folder).map(Iterator::count) {
        Ok(entries) if !force && entries > 0 => Err(Failure {
            message: format!("folder `{}` is not empty", folder.display()),
            hint: Some("name a new folder with `--out`, or add `--force` to replace the files of an export".to_owned()),
        }),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unwritable(folder, &error)),
    }
}

/// Writes every file of an export; with `secrets`, also those that could be read, for nobody but the owner.
///
/// # Errors
///
/// When the folder cannot be written.
pub fn write(folder: &Path, exported: &Exported, secrets: bool) -> Result<Vec<PathBuf>, Failure> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let mut written = Vec::new();
    for layer in &exported.layers {
        let path = folder.join(layer.name);
        if layer.content.is_empty() {
            remove(&path)?;
            continue;
        }
        let content = text::layer(layer).map_err(|error| Failure {
            message: format!("`{}` cannot be written as YAML: {error}", layer.name),
            hint: None,
        })?;
        fs::write(&path, content).map_err(|error| unwritable(&path, &error))?;
        written.push(path);
    }
    let example = folder.join(EXAMPLE);
    if exported.secrets.is_empty() {
        remove(&example)?;
    } else {
        let content = text::variables(&exported.secrets, |_| String::new());
        fs::write(&example, content).map_err(|error| unwritable(&example, &error))?;
        written.push(example);
    }
    let path = folder.join(SECRETS);
    if secrets && !exported.secrets.is_empty() {
        let content = text::variables(&exported.secrets, |secret| secret.value.as_ref().map(shown).unwrap_or_default());
        private(folder, &path, &content).map_err(|error| unwritable(&path, &error))?;
        written.push(path);
    }
    Ok(written)
}

/// A file of an earlier export that this one has nothing for would be read with the others.
fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritable(path, &error)),
        _ => Ok(()),
    }
}

/// A temporary file is its owner's only, from its first byte on.
fn private(folder: &Path, path: &Path, content: &str) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "`--with-secrets` asks for the file that holds them")]
fn shown(secret: &SecretString) -> String {
    text::quoted(secret.expose_secret())
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure {
        message: format!("`{}` cannot be written: {}", path.display(), reason(error)),
        hint: Some("name another folder with `--out`".to_owned()),
    }
}
