//! Files that are ours alone: what is no regular file is not opened.

use std::{fs, io, path::Path};

/// Checks that there is a regular file at `path`, or nothing. Opening a pipe waits for whoever is at its other end, and reading from a terminal for
/// whoever sits there; neither keeps what is written to it.
pub(crate) fn check(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => Err(io::Error::other("it is no regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
