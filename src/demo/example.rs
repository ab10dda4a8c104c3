//! The example values, carried by the program so that the demonstration works anywhere.

use std::{fs, io, path::PathBuf, sync::Arc};

use evenkeel_engine::{command_line::ValuesOptions, output, run::Surroundings, secrets::SecretResolver};
use evenkeel_kubernetes_client::Connection;
use secrecy::SecretString;

/// The files of `examples/platform`.
const FILES: [(&str, &str); 7] = [
    ("00-platform.yaml", include_str!("../../examples/platform/00-platform.yaml")),
    ("20-teams.yaml", include_str!("../../examples/platform/20-teams.yaml")),
    ("30-users.yaml", include_str!("../../examples/platform/30-users.yaml")),
    ("40-keycloak.yaml", include_str!("../../examples/platform/40-keycloak.yaml")),
    ("50-harbor.yaml", include_str!("../../examples/platform/50-harbor.yaml")),
    ("60-kubernetes.yaml", include_str!("../../examples/platform/60-kubernetes.yaml")),
    ("90-prod.yaml", include_str!("../../examples/platform/90-prod.yaml")),
];

/// The teams of the example values.
pub(super) const TEAMS: [&str; 3] = ["alpha", "beta", "gamma"];

const KEYCLOAK_PASSWORD: &str = "KEYCLOAK_ADMIN_PASSWORD";
const HARBOR_PASSWORD: &str = "HARBOR_ADMIN_PASSWORD";

/// The variables to which the example values refer.
const VARIABLES: [&str; 6] = [
    KEYCLOAK_PASSWORD,
    HARBOR_PASSWORD,
    "KEYCLOAK_CLIENT_SECRET",
    "ADA_INITIAL_PASSWORD",
    "GRACE_INITIAL_PASSWORD",
    "EDSGER_INITIAL_PASSWORD",
];

/// A temporary folder with the example values, and secrets made for this run.
pub(super) struct Example {
    /// Is removed with it.
    _folder: tempfile::TempDir,
    secrets: Vec<(&'static str, SecretString)>,
    cluster_token: SecretString,
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
        Ok(Self { _folder: folder, secrets, cluster_token: random()? })
    }

    pub(super) fn keycloak_password(&self) -> SecretString {
        self.secret(KEYCLOAK_PASSWORD)
    }

    pub(super) fn harbor_password(&self) -> SecretString {
        self.secret(HARBOR_PASSWORD)
    }

    pub(super) fn cluster_token(&self) -> SecretString {
        self.cluster_token.clone()
    }

    fn secret(&self, variable: &str) -> SecretString {
        let found = self.secrets.iter().find(|(name, _)| *name == variable);
        found.map(|(_, secret)| secret.clone()).unwrap_or_default()
    }

    /// The surroundings of a run: the secrets are made for this demonstration and die with it.
    pub(super) fn surroundings(&self, cluster: Connection) -> Surroundings {
        Surroundings {
            secrets: Arc::new(SecretResolver::with_environment(self.secrets.clone()).with_mask(output::mask().clone())),
            cluster: Some(cluster),
            ..Surroundings::default()
        }
    }

    pub(super) fn values(&self, keycloak: &str, harbor: &str) -> ValuesOptions {
        let set = vec![format!("keycloak.url={keycloak}"), format!("harbor.url={harbor}")];
        ValuesOptions { paths: vec![PathBuf::from("examples/platform")], set }
    }
}

/// A secret that nobody knows and nobody needs to.
fn random() -> io::Result<SecretString> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
}
