//! The example values, carried by the program so that the demonstration works anywhere.

use std::{fs, io, path::PathBuf};

use evenkeel_engine::{command_line::ValuesOptions, run::Surroundings};
use secrecy::SecretString;

/// The files of `examples/platform`.
const FILES: [(&str, &str); 5] = [
    ("00-platform.yaml", include_str!("../../examples/platform/00-platform.yaml")),
    ("20-teams.yaml", include_str!("../../examples/platform/20-teams.yaml")),
    ("30-users.yaml", include_str!("../../examples/platform/30-users.yaml")),
    ("40-keycloak.yaml", include_str!("../../examples/platform/40-keycloak.yaml")),
    ("90-prod.yaml", include_str!("../../examples/platform/90-prod.yaml")),
];

/// The variables to which the example values refer.
const VARIABLES: [&str; 5] = [
    "KEYCLOAK_ADMIN_PASSWORD",
    "KEYCLOAK_CLIENT_SECRET",
    "ADA_INITIAL_PASSWORD",
    "GRACE_INITIAL_PASSWORD",
    "EDSGER_INITIAL_PASSWORD",
];

/// A temporary folder with the example values and an inventory, and secrets made for this run.
pub(super) struct Example {
    folder: tempfile::TempDir,
    secrets: Vec<(&'static str, SecretString)>,
}

impl Example {
    /// Writes the files. They are read through paths relative to the folder, so that a plan shows them
    /// as they are called in the repository.
    pub(super) fn new() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let values = folder.path().join("examples/platform");
        fs::create_dir_all(&values)?;
        for (name, text) in FILES {
            fs::write(values.join(name), text)?;
        }
        std::env::set_current_dir(folder.path())?;
        let secrets = VARIABLES.into_iter().map(|name| Ok((name, random()?))).collect::<io::Result<_>>()?;
        Ok(Self { folder, secrets })
    }

    pub(super) fn admin_password(&self) -> SecretString {
        self.secrets[0].1.clone()
    }

    pub(super) fn surroundings(&self) -> Surroundings {
        Surroundings { secrets: super::resolver(self.secrets.clone()), ..Surroundings::default() }
    }

    pub(super) fn values(&self, url: &str) -> ValuesOptions {
        ValuesOptions { paths: vec![PathBuf::from("examples/platform")], set: vec![format!("keycloak.url={url}")] }
    }

    pub(super) fn inventory(&self) -> PathBuf {
        self.folder.path().join("inventory.jsonl")
    }
}

/// A secret that nobody knows and nobody needs to.
fn random() -> io::Result<SecretString> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demonstration_carries_every_example_file() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/platform");
        let mut there: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        there.sort();
        assert_eq!(there, FILES.map(|(name, _)| name));
    }

    #[test]
    fn the_demonstration_knows_every_variable_of_the_examples() {
        let mut named: Vec<&str> = FILES
            .iter()
            .flat_map(|(_, text)| text.split("fromEnv: ").skip(1))
            .filter_map(|rest| rest.split('}').next())
            .collect();
        named.sort_unstable();
        let mut known = VARIABLES;
        known.sort_unstable();
        assert_eq!(named, known);
    }
}
