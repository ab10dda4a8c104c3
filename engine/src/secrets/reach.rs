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
    /// cannot be found is opened as it was named, so that the system says why it is not there.
    pub(super) fn file(&self, path: &str) -> Result<PathBuf, OutOfReach> {
        let Ok(real) = fs::canonicalize(path) else { return Ok(PathBuf::from(path)) };
        let is_below = |folder: &Path| fs::canonicalize(folder).is_ok_and(|folder| real.starts_with(folder));
        let is_allowed = match &self.files {
            Some(folders) => folders.iter().any(|folder| is_below(folder)),
            // With it, values could do whatever evenkeel may do in the cluster.
            None => !is_below(Path::new(OWN_CREDENTIALS)),
        };
        is_allowed.then_some(real).ok_or(OutOfReach("--secrets-from-files"))
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
}
