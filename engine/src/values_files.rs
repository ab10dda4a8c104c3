//! Values files on disk: which are read, in which order, and what is wrong with them.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use evenkeel_core::{report::Failure, values::Source};

use crate::storage::reason;

/// The longest values file, in bytes.
const LONGEST_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// Reads files and folders in the order given.
///
/// # Errors
///
/// Everything that cannot be read, at once.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<Source>, Vec<Failure>> {
    let mut files = Vec::new();
    let mut failures = Vec::new();
    for path in paths {
        match files_of(path) {
            Ok(paths) => {
                for path in paths {
                    match read_file(&path) {
                        Ok(file) => files.push(file),
                        Err(failure) => failures.push(failure),
                    }
                }
            }
            Err(failure) => failures.push(failure),
        }
    }
    if failures.is_empty() { Ok(files) } else { Err(failures) }
}

/// The file itself, or the folder's `*.yaml` by name, those with secrets last.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !fs::metadata(path).map_err(|error| unreadable(path, &error))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| unreadable(path, &error))? {
        let name = entry.map_err(|error| unreadable(path, &error))?.file_name();
        let name = name.to_string_lossy();
        // Names that begin with a dot are those of editors, and of the folders behind a mounted ConfigMap.
        if name.ends_with(".yaml") && !name.starts_with('.') {
            files.push((name.starts_with("secrets."), name.into_owned()));
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Failure {
            message: format!("values folder `{}` has no `*.yaml`", path.display()),
            hint: Some("name a folder with values, or a file".to_owned()),
        });
    }
    Ok(files.into_iter().map(|(_, name)| path.join(name)).collect())
}

fn read_file(path: &Path) -> Result<Source, Failure> {
    let size = fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    let mut bytes = Vec::new();
    if size <= LONGEST_FILE_BYTES {
        // A file that grows meanwhile, or a pipe, is not read further than allowed either.
        File::open(path)
            .and_then(|file| file.take(LONGEST_FILE_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|error| unreadable(path, &error))?;
    }
    if size > LONGEST_FILE_BYTES || bytes.len() as u64 > LONGEST_FILE_BYTES {
        return Err(Failure {
            message: format!("values file `{}` is longer than 8 MiB", path.display()),
            hint: Some("check the path: values are that long only by mistake".to_owned()),
        });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::file(&path.display().to_string(), text)),
        Err(_) => Err(Failure {
            message: format!("values file `{}` is no UTF-8 text", path.display()),
            hint: Some("save it as UTF-8".to_owned()),
        }),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure {
        message: format!("values `{}` cannot be read: {}", path.display(), reason(error)),
        hint: Some("check the paths given with `--values`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path, paths: &[PathBuf]) -> Vec<String> {
        let files = read(paths).unwrap();
        files.into_iter().map(|file| file.name()[folder.display().to_string().len() + 1..].to_owned()).collect()
    }

    #[test]
    fn a_folder_is_read_by_name_with_secrets_last_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["90-prod.yaml", "secrets.a.yaml", "00-defaults.yaml", "zz.yaml", "notes.txt", ".hidden.yaml", "a.yml"]
        {
            fs::write(folder.path().join(name), "{}").unwrap();
        }
        let read = names(folder.path(), &[folder.path().to_owned()]);
        assert_eq!(read, ["00-defaults.yaml", "90-prod.yaml", "zz.yaml", "secrets.a.yaml"]);
    }

    #[test]
    fn paths_keep_the_order_of_the_command_line() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.yaml", "b.yaml"] {
            fs::write(folder.path().join(name), "{}").unwrap();
        }
        assert_eq!(
            names(folder.path(), &["b.yaml", "a.yaml"].map(|name| folder.path().join(name))),
            ["b.yaml", "a.yaml"]
        );
    }

    #[test]
    fn everything_that_cannot_be_read_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("long.yaml");
        File::create(&long).unwrap().set_len(LONGEST_FILE_BYTES + 1).unwrap();
        let binary = folder.path().join("binary.yaml");
        fs::write(&binary, [0xff]).unwrap();
        let empty = folder.path().join("empty");
        fs::create_dir(&empty).unwrap();
        let failures = read(&[long, folder.path().join("missing.yaml"), binary, empty]).unwrap_err();
        let messages: Vec<String> = failures
            .into_iter()
            .map(|failure| failure.message.replace(&folder.path().display().to_string(), "…"))
            .collect();
        assert_eq!(
            messages,
            [
                "values file `…/long.yaml` is longer than 8 MiB",
                "values `…/missing.yaml` cannot be read: it does not exist",
                "values file `…/binary.yaml` is no UTF-8 text",
                "values folder `…/empty` has no `*.yaml`",
            ]
        );
    }
}
