//! Where a report goes: a file, which is replaced in one step, or a device or pipe, which is written into.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long a pipe or device may take: whoever should read it may never come.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// More links than this lead nowhere.
const MOST_LINKS: usize = 40;

/// Writes `text` to `path`. A regular file is replaced in one step, so that nobody reads half of it; everything else is there to be written into.
pub(super) fn write(path: &Path, text: String) -> io::Result<()> {
    match regular_file(path)? {
        Some(file) => replace(&file, &text),
        None => write_into(path, text),
    }
}

/// Writes `text` to what is there already, in the place of what was in it.
pub(super) fn overwrite(path: &Path, text: String) -> io::Result<()> {
    if fs::metadata(path)?.is_file() {
        OpenOptions::new().write(true).truncate(true).open(path)?.write_all(text.as_bytes())
    } else {
        write_into(path, text)
    }
}

/// The regular file that `path` leads to, or that is to be made there; `None` when it leads to something else, also to a stream of this process, as
/// `/dev/stdout` does, whatever that is at its other end.
fn regular_file(path: &Path) -> io::Result<Option<PathBuf>> {
    let is_link = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => return Ok(Some(path.to_owned())),
        Ok(metadata) => metadata.is_symlink(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(path.to_owned())),
        Err(error) => return Err(error),
    };
    if !is_link || leads_to_stream(path)? {
        return Ok(None);
    }
    // The link stays, and what it leads to is replaced.
    let file = fs::canonicalize(path)?;
    Ok(fs::metadata(&file)?.is_file().then_some(file))
}

/// Whether links lead to an open file of a process. What is below `/dev` otherwise, such as `/dev/shm`, are files like all others.
fn leads_to_stream(path: &Path) -> io::Result<bool> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = fs::canonicalize(folder)?;
        if ["/dev/fd", "/proc"].iter().any(|root| folder.starts_with(root)) {
            return Ok(true);
        }
        match fs::read_link(&path) {
            Ok(target) => path = folder.join(target),
            Err(_) => return Ok(false),
        }
    }
    Ok(false)
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Opening a pipe waits for its reader, and so may writing.
fn write_into(path: &Path, text: String) -> io::Result<()> {
    let (tell, written) = mpsc::channel();
    let path = path.to_owned();
    thread::Builder::new().spawn(move || {
        let written = OpenOptions::new().append(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()));
        // Whoever waits for it no more has told that it took too long.
        let _ = tell.send(written);
    })?;
    written.recv_timeout(READ_WITHIN).unwrap_or_else(|_| Err(io::Error::other("nobody reads it")))
}

#[cfg(all(test, unix))]
mod tests {
    use std::{io::Read, os::unix::fs::symlink, process::Command};

    use super::*;

    #[test]
    fn a_report_replaces_a_file_and_what_a_link_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        write(&file, "one".to_owned()).unwrap();
        symlink("file", &link).unwrap();
        write(&link, "two".to_owned()).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn what_leads_to_a_stream_is_told_from_what_is_a_file_below_dev() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link, stream) =
            (folder.path().join("file"), folder.path().join("link"), folder.path().join("stream"));
        write(&file, "one".to_owned()).unwrap();
        symlink("file", &link).unwrap();
        symlink("/dev/stdout", &stream).unwrap();
        assert!(!leads_to_stream(&link).unwrap());
        for path in [stream.as_path(), Path::new("/dev/stdout"), Path::new("/dev/fd/1")] {
            assert!(leads_to_stream(path).unwrap(), "{}", path.display());
        }
    }

    #[test]
    fn a_report_is_written_into_a_pipe_and_a_device_which_stay() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let there = pipe.clone();
        let reader = thread::spawn(move || {
            let mut text = String::new();
            fs::File::open(there).unwrap().read_to_string(&mut text).unwrap();
            text
        });
        write(&pipe, "text".to_owned()).unwrap();
        assert_eq!(reader.join().unwrap(), "text");
        assert!(!fs::symlink_metadata(&pipe).unwrap().is_file());
        write(Path::new("/dev/null"), "text".to_owned()).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_full_device_is_a_failure() {
        if Path::new("/dev/full").exists() {
            assert_eq!(
                write(Path::new("/dev/full"), "text".to_owned()).unwrap_err().kind(),
                io::ErrorKind::StorageFull
            );
        }
    }
}
