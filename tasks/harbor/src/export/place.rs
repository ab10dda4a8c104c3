//! Where an export reads, and how its values say so.

use evenkeel_core::values::{Values, model::Names};
use evenkeel_engine::export::{document::Node, secrets::reference};

use crate::desired::{Administration, own_robot};

/// A server, and the names that the team contract has there.
#[derive(Clone, Debug)]
pub struct Place {
    pub(crate) administration: Administration,
    pub(crate) names: Names,
    /// The name that this task's own robot has, without prefix.
    pub(crate) own_robot: String,
    /// What of the values for the login the exported values repeat.
    pub(crate) values: Node,
}

impl Place {
    pub(crate) fn new(values: &Values, administration: Administration) -> Self {
        Self {
            names: values.platform.names.clone(),
            own_robot: own_robot(values.platform.name.as_str()),
            values: repeated(values, &administration),
            administration,
        }
    }
}

fn repeated(values: &Values, administration: &Administration) -> Node {
    let text = |text: String| Some(Node::Text(text));
    let names = &values.platform.names;
    // Those of existing installations are the defaults, and need not be written.
    let own_names = [
        ("client", names.client.as_str(), "otomi"),
        ("teamPrefix", names.team_prefix.as_str(), "team-"),
        ("platformAdmin", names.platform_admin.as_str(), "platform-admin"),
        ("allTeamsAdmin", names.all_teams_admin.as_str(), "all-teams-admin"),
    ]
    .into_iter()
    .filter(|(_, name, default)| name != default)
    .map(|(key, name, _)| (key, text(name.to_owned())));
    let own_names = Node::map(own_names);
    let platform = Node::map([
        ("name", text(values.platform.name.to_string())),
        ("names", Some(own_names).filter(|names| !names.is_empty())),
        ("caBundle", values.platform.ca_bundle.as_ref().and_then(|bundle| reference(&bundle.0))),
    ]);
    let Some(harbor) = &values.harbor else { return Node::map([("platform", Some(platform))]) };
    let password = reference(&harbor.admin.password);
    let admin = Node::map([
        ("username", text(harbor.admin.username.clone())),
        ("password", password.or_else(|| Some(Node::Secret("HARBOR_ADMIN_PASSWORD".to_owned())))),
    ]);
    let harbor = Node::map([
        ("url", text(administration.public_address.clone())),
        ("internalUrl", harbor.internal_url.as_ref().and_then(|url| text(url.to_string()))),
        ("registryHost", harbor.registry_host.clone().and_then(text)),
        ("admin", Some(admin)),
    ]);
    Node::map([("platform", Some(platform)), ("harbor", Some(harbor))])
}
