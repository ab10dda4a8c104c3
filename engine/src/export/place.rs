//! Where an export reads, and how its values say so.

use std::collections::BTreeMap;

use evenkeel_core::values::{PlatformName, Source, Values, model::Names};

use super::{Export, document::Node, judge::schema, secrets::reference};

/// The least values there are: the names in them are the built-in ones.
const LEAST: &str = "{platform: {name: least}}";

/// An application, how to log in to it, and the names that the team contract has there.
#[derive(Clone, Debug)]
pub struct Place<A> {
    /// Where the application is, and who administrates it.
    pub administration: A,
    /// The name of the platform.
    pub platform: PlatformName,
    /// The names of the team contract.
    pub names: Names,
    /// What of the values for the login the exported values repeat.
    pub values: Node,
}

impl<A> Place<A> {
    /// Where values say that the application is.
    pub(super) fn new<T: Export<Administration = A>>(values: &Values, administration: A) -> Self {
        let platform = ("platform", Some(platform::<T>(values)));
        Self {
            platform: values.platform.name.clone(),
            names: values.platform.names.clone(),
            values: Node::map([platform, (T::NAME, T::login(values, &administration))]),
            administration,
        }
    }
}

/// Who the platform is. Names that are the built-in ones need not be written.
fn platform<T: Export>(values: &Values) -> Node {
    let built_in = built_in_names::<T>();
    let built_in: BTreeMap<&str, &str> = built_in.iter().flat_map(named).collect();
    let names = named(&values.platform.names)
        .into_iter()
        .filter(|(key, name)| T::NAMES.contains(key) && built_in.get(key) != Some(name));
    let names = Node::map(names.map(|(key, name)| (key, Some(Node::Text(name.to_owned())))));
    Node::map([
        ("name", Some(Node::Text(values.platform.name.to_string()))),
        ("names", names.filled()),
        ("caBundle", values.platform.ca_bundle.as_ref().and_then(|bundle| reference(&bundle.0))),
    ])
}

/// The names by their keys.
fn named(names: &Names) -> [(&'static str, &str); 8] {
    [
        ("realm", names.realm.as_str()),
        ("client", names.client.as_str()),
        ("teamPrefix", names.team_prefix.as_str()),
        ("platformAdmin", names.platform_admin.as_str()),
        ("allTeamsAdmin", names.all_teams_admin.as_str()),
        ("teamAdmin", names.team_admin.as_str()),
        ("organisation", names.organisation.as_str()),
        ("viewer", names.viewer.as_str()),
    ]
}

fn built_in_names<T: Export>() -> Option<Names> {
    let least = vec![Source::file("least.yaml", LEAST.to_owned())];
    let (values, _) = Values::load(least, &[], &schema::<T>()).ok()?;
    Some(values.platform.names)
}
