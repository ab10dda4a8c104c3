//! What values may reach: from which files, variables and namespaces the secrets may come that they refer to.
//!
//! Whoever writes values chooses the places of secrets, and where those secrets go. Where values come from more people than may
//! read what the process can read (a repository of many teams, a pod with rights everywhere), the places are limited.

use std::{
    fs,
    path::{Path, PathBuf},
};

use evenkeel_core::values::fits_pattern;

/// Where Kubernetes puts the credential of a pod's service account.
const OWN_CREDENTIALS: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Where Linux shows what processes have.
const PROCESSES: &str = "/proc";

/// How many links in a row are followed; systems follow as many.
const MOST_LINKS: usize = 40;

/// The places that values may name. `None` is every one; an empty list none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Folders, with all that is in them. Links are followed before it is decided what is in them.
    pub files: Option<Vec<PathBuf>>,
    /// Namespaces; `*` stands for any text.
    pub namespaces: Option<Vec<String>>,
    /// Variables of the environment; `*` stands for any text.
    pub variables: Option<Vec<String>>,
}

/// The place is out of reach: what would have to allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutOfReach(pub &'static str);

impl Reach {
    /// Whether secrets of this namespace may be used. A pattern may when all that fits it may.
    #[must_use]
    pub fn allows_namespace(&self, namespace: &str) -> bool {
        fits_any(self.namespaces.as_deref(), namespace)
    }

    pub(super) fn namespace(&self, namespace: &str) -> Result<(), OutOfReach> {
        self.allows_namespace(namespace).then_some(()).ok_or(OutOfReach("--secrets-from-namespaces"))
    }

    pub(super) fn variable(&self, name: &str) -> Result<(), OutOfReach> {
        fits_any(self.variables.as_deref(), name).then_some(()).ok_or(OutOfReach("--secrets-from-env"))
    }

    /// The file to open in place of this one: it has no links in it any more that could lead out of the folders. One that
    /// cannot be found is as far in reach as the folder in which it would be, and is opened so that the system says why it is not there.
    pub(super) fn file(&self, path: &str) -> Result<PathBuf, OutOfReach> {
        let named = Path::new(path);
        let real = resolved(named);
        let is_allowed = match (&self.files, &real) {
            (Some(folders), Some(real)) => folders.iter().any(|folder| is_within(real, folder)),
            (Some(_), None) => false,
            // The environment of every process is there, and what they have open.
            (None, Some(real)) if self.variables.is_some() && real.starts_with(PROCESSES) => false,
            // With it, values could do whatever evenkeel may do in the cluster.
            (None, Some(real)) => !is_within(real, Path::new(OWN_CREDENTIALS)),
            (None, None) => self.variables.is_none(),
        };
        let open = real.unwrap_or_else(|| named.to_owned());
        is_allowed.then_some(open).ok_or(OutOfReach("--secrets-from-files"))
    }
}

/// Whether a file is in a folder. What processes have is in no folder but one of theirs: whoever allows `/` does not mean it.
fn is_within(real: &Path, folder: &Path) -> bool {
    let Ok(folder) = fs::canonicalize(folder) else { return false };
    real.starts_with(&folder) && (folder.starts_with(PROCESSES) || !real.starts_with(PROCESSES))
}

/// The path without links. Of one that leads to nothing that has a path (a missing file, or the pipe behind `/proc/self/fd/3`), that of the
/// folder in which its last link, or it itself, would be; `None` when there is no saying.
fn resolved(path: &Path) -> Option<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if let Ok(real) = fs::canonicalize(&path) {
            return Some(real);
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Links to what has no path are followed by the system alone.
        let in_folder = resolved_folder(folder)?;
        match fs::read_link(&path) {
            Ok(target) if !in_folder.starts_with(PROCESSES) => path = in_folder.join(target),
            _ => return Some(in_folder.join(path.file_name()?)),
        }
    }
    None
}

/// The folder without links; of one that is missing, that in which it would be.
fn resolved_folder(folder: &Path) -> Option<PathBuf> {
    match fs::canonicalize(folder) {
        Ok(real) => Some(real),
        Err(_) => resolved(folder),
    }
}

fn fits_any(patterns: Option<&[String]>, text: &str) -> bool {
    patterns.is_none_or(|patterns| patterns.iter().any(|pattern| fits_pattern(pattern, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Option<Vec<String>> {
        Some(texts.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_nobody_has_limited_is_all_within_reach() {
        let reach = Reach::default();
        assert!(reach.allows_namespace("kube-system") && reach.variable("HOME").is_ok());
        assert_eq!(reach.file("/no/such/file"), Ok(PathBuf::from("/no/such/file")));
    }

    #[test]
    fn names_and_variables_have_to_fit_and_nothing_fits_an_empty_list() {
        let reach =
            Reach { namespaces: patterns(&["harbor", "team-*"]), variables: patterns(&["KEYCLOAK_*"]), files: None };
        assert!(
            reach.allows_namespace("harbor") && reach.allows_namespace("team-a") && reach.allows_namespace("team-*")
        );
        assert!(!reach.allows_namespace("kube-system") && !reach.allows_namespace("*"));
        assert!(reach.variable("KEYCLOAK_PASSWORD").is_ok());
        assert_eq!(reach.variable("AWS_SECRET"), Err(OutOfReach("--secrets-from-env")));
        let nothing = Reach { namespaces: Some(Vec::new()), files: Some(Vec::new()), variables: patterns(&[""]) };
        assert!(!nothing.allows_namespace("harbor") && nothing.variable("A").is_err());
        assert!(nothing.file(env!("CARGO_MANIFEST_DIR")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn no_link_and_no_dots_lead_out_of_the_folders() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for (path, content) in [("in/..data/password", "x"), ("out/password", "y"), ("in-too/password", "z")] {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), content).unwrap();
        }
        std::os::unix::fs::symlink("..data/password", at("in/password")).unwrap();
        std::os::unix::fs::symlink("../out/password", at("in/link")).unwrap();
        let reach = Reach { files: Some(vec![at("in"), at("missing")]), ..Reach::default() };
        let real = fs::canonicalize(at("in/..data/password")).unwrap();
        // As Kubernetes mounts a Secret.
        assert_eq!(reach.file(&at("in/password").display().to_string()), Ok(real));
        for outside in ["in/link", "in/../out/password", "in-too/password"] {
            let outside = at(outside).display().to_string();
            assert_eq!(reach.file(&outside), Err(OutOfReach("--secrets-from-files")), "{outside}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_processes_have_is_out_of_reach_where_anything_of_it_is_limited() {
        let own = format!("/proc/{}/environ", std::process::id());
        let limited = [
            Reach { variables: patterns(&["KEYCLOAK_*"]), ..Reach::default() },
            Reach { files: Some(vec![PathBuf::from("/")]), ..Reach::default() },
        ];
        for path in ["/proc/self/environ", "/proc/self/../self/environ", "/dev/fd/1000", "/proc/1/no-such", &own] {
            for reach in &limited {
                assert_eq!(reach.file(path), Err(OutOfReach("--secrets-from-files")), "{path}");
            }
            assert!(Reach::default().file(path).is_ok(), "{path}");
        }
        assert!(limited[0].file("/etc/hostname").is_ok());
        let reach = Reach { files: Some(vec![PathBuf::from("/proc/self/fd")]), ..Reach::default() };
        assert!(reach.file("/dev/fd/1000").is_ok(), "whoever starts evenkeel has said so");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_cannot_be_found_is_as_far_in_reach_as_its_folder() {
        use std::os::{fd::AsRawFd, unix::fs::symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("in")).unwrap();
        // It can be read, and has no path.
        let (pipe, _writer) = std::io::pipe().unwrap();
        symlink(format!("/proc/self/fd/{}", pipe.as_raw_fd()), at("in/pipe")).unwrap();
        symlink("../out/missing", at("in/dangling")).unwrap();
        symlink("also-missing", at("in/harmless")).unwrap();
        symlink("loop", at("in/loop")).unwrap();
        let reach = Reach { files: Some(vec![at("in")]), ..Reach::default() };
        let reached = |path: &str| reach.file(&at(path).display().to_string()).is_ok();
        for inside in ["in/missing", "in/missing/too", "in/harmless"] {
            assert!(reached(inside), "{inside}");
        }
        for outside in ["in/pipe", "in/dangling", "in/loop", "in/missing/../../out/missing", "out/missing", "missing"] {
            assert!(!reached(outside), "{outside}");
        }
    }
}
