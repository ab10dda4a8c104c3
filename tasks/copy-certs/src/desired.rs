//! What the values ask for: the rules by which Secrets are copied.

use std::sync::Arc;

use evenkeel_core::{
    plan::Cause,
    values::{
        CopyName, Document, Problems, SecretValue, ValuePath, Values,
        model::{Copy, CopySource},
    },
};
use evenkeel_engine::secrets::SecretResolver;
use secrecy::SecretString;

/// Everything that the values ask for.
#[derive(Clone, Debug)]
pub struct Desired {
    /// The owner's name, for labels.
    pub platform: Arc<str>,
    /// The rules, in their order.
    pub rules: Vec<DesiredRule>,
    /// The teams with their namespaces: where namespaces cannot be listed, patterns still find these.
    pub teams: Vec<Team>,
    /// Certificates of authorities that everybody here trusts.
    pub ca_bundle: Option<SecretString>,
}

/// A team's namespace.
#[derive(Clone, Debug)]
pub struct Team {
    /// The team.
    pub id: Arc<str>,
    /// Its namespace.
    pub namespace: String,
}

/// Which Secrets are copied, where to, and under which names.
#[derive(Clone, Debug)]
pub struct DesiredRule {
    /// The rule in short, as copies carry it.
    pub text: Arc<str>,
    /// Which Secrets are copied.
    pub from: CopySource,
    /// The namespace of the copies.
    pub to_namespace: String,
    /// The names of the copies.
    pub to_name: CopyName,
    /// Of certificates that end within so many days is told.
    pub expiring_days: Option<u32>,
    /// The value that asks for it.
    pub cause: Cause,
}

impl Desired {
    /// Values into rules. Pure.
    ///
    /// # Errors
    ///
    /// Every value that this task cannot work with, with its place.
    pub fn from_values(values: &Values, document: &Document, secrets: &SecretResolver) -> Result<Self, Problems> {
        let bundle = values.platform.ca_bundle.as_ref().map(|bundle| secrets.resolve(&bundle.0));
        let ca_bundle = bundle.transpose().map_err(|error| {
            let path = ValuePath::root().key("platform").key("caBundle");
            Problems::from(document.problem(&path, error.to_string()).with_hint(error.hint()))
        })?;
        let refused = out_of_reach(values, document, secrets);
        if !refused.is_empty() {
            return Err(refused);
        }
        let teams =
            values.teams.keys().map(|id| Team { id: id.as_str().into(), namespace: values.platform.names.team(id) });
        Ok(Self {
            platform: values.platform.name.as_str().into(),
            rules: values.copies.iter().enumerate().map(|(index, copy)| rule(index, copy, document)).collect(),
            teams: teams.collect(),
            ca_bundle,
        })
    }

    /// The team that a namespace belongs to.
    #[must_use]
    pub fn team_of(&self, namespace: &str) -> Option<&Arc<str>> {
        self.teams.iter().find(|team| team.namespace == namespace).map(|team| &team.id)
    }

    /// The namespaces that a rule can be about as far as the values know: those that it names, and those of teams.
    #[must_use]
    pub fn known_namespaces(&self, rule: &DesiredRule) -> Vec<String> {
        let named = rule.from.namespaces.named();
        let teams = self.teams.iter().map(|team| team.namespace.as_str());
        let teams = teams.filter(|namespace| rule.from.namespaces.fits(namespace));
        let mut known: Vec<String> = named.chain(teams).map(str::to_owned).collect();
        known.sort();
        known.dedup();
        known
    }
}

/// The secrets that must be known: certificates may come from authorities that only this platform trusts.
#[must_use]
pub fn required_secrets(values: &Values) -> Vec<SecretValue> {
    values.platform.ca_bundle.iter().map(|bundle| bundle.0.clone()).collect()
}

/// The rules whose sources may be somewhere where values may not reach.
fn out_of_reach(values: &Values, document: &Document, secrets: &SecretResolver) -> Problems {
    let mut problems = Problems::default();
    for (index, copy) in values.copies.iter().enumerate() {
        let path = ValuePath::root().key("copies").index(index).key("from").key("namespaces");
        for namespace in copy.from.namespaces.texts().filter(|namespace| !secrets.reach().allows_namespace(namespace)) {
            let message = format!(
                "namespace `{namespace}` is out of the values' reach: `--secrets-from-namespaces` does not allow it"
            );
            let hint = "name namespaces that it allows, or allow this one";
            problems.push(document.problem(&path, message).with_hint(hint));
        }
    }
    problems
}

fn rule(index: usize, copy: &Copy, document: &Document) -> DesiredRule {
    let path = ValuePath::root().key("copies").index(index);
    let location = document.location(&path);
    let line = location.as_ref().and_then(|location| location.line);
    DesiredRule {
        text: text(copy).into(),
        from: copy.from.clone(),
        to_namespace: copy.to.namespace.as_str().to_owned(),
        to_name: copy.to.name.clone(),
        expiring_days: copy.expiring_days,
        cause: Cause { value: path.to_string(), file: location.map(|location| location.file), line },
    }
}

/// `team-*/* (kubernetes.io/tls) to istio-system/copy-{namespace}-{name}`.
fn text(Copy { from, to, .. }: &Copy) -> String {
    let namespaces: Vec<&str> = from.namespaces.texts().collect();
    let names: Vec<&str> = from.names.iter().flat_map(|names| names.texts()).collect();
    let names = if names.is_empty() { "*".to_owned() } else { names.join(",") };
    let mut text = format!("{}/{names}", namespaces.join(","));
    if let Some(secret_type) = &from.secret_type {
        text.push_str(&format!(" ({secret_type})"));
    }
    if let Some(selector) = &from.selector {
        text.push_str(&format!(" with labels {}", selector.text()));
    }
    if let Some(selector) = &from.namespace_selector {
        text.push_str(&format!(" in namespaces with labels {}", selector.text()));
    }
    text.push_str(&format!(" to {}/{}", to.namespace, to.name));
    text
}
