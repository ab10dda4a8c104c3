//! What the server says that it is: its version, and which required actions it has.

use std::{collections::BTreeSet, fmt};

use evenkeel_keycloak_client::types::ServerInfoRepresentation;
use evenkeel_transport::ResultExt;

use crate::{Error, Keycloak, error::WithContext};

/// The kind under which a server lists its required actions.
const REQUIRED_ACTIONS: &str = "required-action";

/// The first two numbers of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Release(u32, u32);

/// The oldest and the newest release that evenkeel is tested with.
const TESTED: [Release; 2] = [Release(24, 0), Release(26, 7)];

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.0, self.1)
    }
}

/// What a server says of itself. Who may do little is told little.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerInfo {
    /// The version, such as `26.7.3`.
    pub version: Option<String>,
    /// The required actions that it has, whether a realm knows them or not.
    pub required_actions: Option<BTreeSet<String>>,
}

impl ServerInfo {
    fn of(info: ServerInfoRepresentation) -> Self {
        let kinds = info.providers.unwrap_or_default();
        let actions = kinds.into_iter().find(|(kind, _)| kind == REQUIRED_ACTIONS).and_then(|(_, kind)| kind.providers);
        Self {
            version: info.system_info.and_then(|system| system.version),
            required_actions: actions.map(|actions| actions.into_keys().collect()),
        }
    }

    /// What people should know about a version that nobody has tested.
    #[must_use]
    pub fn untested(&self) -> Option<String> {
        let version = self.version.as_deref()?;
        let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
        let release = Release(numbers.next()??, numbers.next().flatten().unwrap_or_default());
        let [oldest, newest] = TESTED;
        (release < oldest || release > newest)
            .then(|| format!("the server is keycloak {version}; evenkeel is tested with {oldest} to {newest}"))
    }

    /// Whether the server is known not to have a required action.
    #[must_use]
    pub fn lacks_action(&self, provider: &str) -> bool {
        self.required_actions.as_ref().is_some_and(|actions| !actions.contains(provider))
    }
}

impl Keycloak {
    /// What the server says of itself, asked once in a run. Nothing is known of one that does not answer that to the account.
    pub(crate) async fn read_server(&self) -> Result<ServerInfo, Error> {
        if let Some(known) = self.server.get() {
            return Ok(known.clone());
        }
        let info = match self.client.server_info_get().send().await.optional() {
            Err(error) if error.status().is_some_and(|status| [401, 403].contains(&status.as_u16())) => None,
            info => info.context("read", "information about the", "server")?,
        };
        Ok(self.server.get_or_init(|| info.map(ServerInfo::of).unwrap_or_default()).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_nobody_has_tested_is_told() {
        let told = |version: &str| {
            ServerInfo { version: Some(version.to_owned()), ..ServerInfo::default() }.untested().is_some()
        };
        for version in ["24.0.5", "25.0.6", "26.0.7", "26.7.3", "26.7.0-SNAPSHOT", "nonsense"] {
            assert!(!told(version), "{version}");
        }
        for version in ["23.0.7", "26.8.0", "27", "999.0.0-SNAPSHOT"] {
            assert!(told(version), "{version}");
        }
        assert_eq!(ServerInfo::default().untested(), None);
    }
}
