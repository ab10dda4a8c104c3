//! What the values ask for: the rules by which Secrets are copied.

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_core::{
    plan::Cause,
    reading::Reading,
    values::{
        CopyName, Document, Problems, SecretValue, ValuePath, Values,
        model::{Copy, CopySource, CopyTarget, LabelSelector, Patterns},
    },
};
use evenkeel_engine::secrets::{Reach, SecretResolver};
use evenkeel_kubernetes_client::ObjectName;
use secrecy::SecretString;

use crate::labelling::Labelling;

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
    /// Where the copies go.
    pub to: Destination,
    /// Labels and annotations of the copies, beside our own.
    pub labelling: Labelling,
    /// Of certificates that end within so many days is told.
    pub expiring_days: Option<u32>,
    /// The value that asks for it.
    pub cause: Cause,
}

/// Where the copies of a rule go.
#[derive(Clone, Debug)]
pub enum Destination {
    /// To one namespace, under names that tell the sources apart.
    One {
        /// The namespace.
        namespace: String,
        /// The names.
        name: CopyName,
    },
    /// To every namespace that fits, under the names of the sources: the values name those, and nobody else chooses them.
    Many {
        /// Names of the namespaces.
        namespaces: Patterns,
        /// Labels of the namespaces.
        selector: Option<LabelSelector>,
    },
}

impl Destination {
    fn of(target: &CopyTarget) -> Self {
        match (&target.namespace, &target.name) {
            (Some(namespace), Some(name)) => Self::One { namespace: namespace.as_str().to_owned(), name: name.clone() },
            // The values were checked: there are `namespaces` then. Without any, none fits.
            _ => Self::Many {
                namespaces: target.namespaces.clone().unwrap_or_else(|| Patterns::Several(Vec::new())),
                selector: target.namespace_selector.clone(),
            },
        }
    }

    /// Whether the cluster has to say which namespaces are meant.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::One { .. } => false,
            Self::Many { namespaces, selector } => selector.is_some() || namespaces.exact().is_none(),
        }
    }

    /// Whether labels of namespaces count.
    #[must_use]
    pub const fn has_selector(&self) -> bool {
        matches!(self, Self::Many { selector: Some(_), .. })
    }

    /// Whether a namespace of this name may be meant.
    #[must_use]
    pub fn fits_name(&self, namespace: &str) -> bool {
        match self {
            Self::One { namespace: only, .. } => only == namespace,
            Self::Many { namespaces, .. } => namespaces.fits(namespace),
        }
    }

    /// Whether a namespace is meant.
    #[must_use]
    pub fn fits(&self, namespace: &str, labels: &BTreeMap<String, String>) -> bool {
        let fits_labels = match self {
            Self::Many { selector: Some(selector), .. } => selector.fits(labels),
            _ => true,
        };
        self.fits_name(namespace) && fits_labels
    }

    /// The namespaces that are named without `*`.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Self::One { namespace, .. } => (Some(namespace.as_str()), None),
            Self::Many { namespaces, .. } => (None, Some(namespaces.named())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

impl DesiredRule {
    /// The copies of a Secret that go to these namespaces. No Secret is a copy of itself.
    pub fn copies<'a>(
        &'a self,
        source: &'a ObjectName,
        namespaces: impl Iterator<Item = &'a String> + 'a,
    ) -> impl Iterator<Item = ObjectName> + 'a {
        let from = source.namespace.as_deref().unwrap_or_default();
        let others = namespaces.filter(move |namespace| *namespace != from);
        others.map(move |namespace| match &self.to {
            Destination::One { name, .. } => ObjectName::in_namespace(namespace, name.of(from, &source.name)),
            Destination::Many { .. } => ObjectName::in_namespace(namespace, &source.name),
        })
    }
}

impl Desired {
    /// Values into rules. Pure.
    ///
    /// # Errors
    ///
    /// Every value that this task cannot work with, with its place.
    pub fn from_values(values: &Values, document: &Document, secrets: &SecretResolver) -> Result<Self, Problems> {
        let reading = Reading::new(values, document, secrets, "copies");
        let bundle = ValuePath::root().key("platform").key("caBundle");
        let teams = reading.teams().map(|(id, namespace, _)| Team { id: id.as_str().into(), namespace });
        let rules = values.copies.iter().enumerate();
        let desired = Self {
            platform: values.platform.name.as_str().into(),
            rules: rules.map(|(index, copy)| rule(&reading, secrets.reach(), index, copy)).collect(),
            teams: teams.collect(),
            ca_bundle: values.platform.ca_bundle.as_ref().map(|text| reading.secret(&text.0, &bundle)),
        };
        reading.finish(desired)
    }

    /// The team that a namespace belongs to.
    #[must_use]
    pub fn team_of(&self, namespace: &str) -> Option<&Arc<str>> {
        self.teams.iter().find(|team| team.namespace == namespace).map(|team| &team.id)
    }

    /// The namespaces that a rule can copy from as far as the values know: those that it names, and those of teams.
    #[must_use]
    pub fn known_namespaces(&self, rule: &DesiredRule) -> Vec<String> {
        self.known(rule.from.namespaces.named(), |namespace| rule.from.namespaces.fits(namespace))
    }

    /// The namespaces that a rule can copy to as far as the values know.
    #[must_use]
    pub fn known_among(&self, destination: &Destination) -> Vec<String> {
        self.known(destination.named(), |namespace| destination.fits_name(namespace))
    }

    fn known<'a>(&self, named: impl Iterator<Item = &'a str>, fits: impl Fn(&str) -> bool) -> Vec<String> {
        let teams = self.teams.iter().map(|team| &team.namespace).filter(|namespace| fits(namespace)).cloned();
        let mut known: Vec<String> = named.map(str::to_owned).chain(teams).collect();
        known.sort();
        known.dedup();
        known
    }

    /// All labels and annotations that rules declare: of the others nothing is read.
    #[must_use]
    pub fn labelling(&self) -> Labelling {
        let mut all = Labelling::default();
        self.rules.iter().for_each(|rule| all.extend(&rule.labelling));
        all
    }
}

/// The secrets that must be known: certificates may come from authorities that only this platform trusts.
#[must_use]
pub fn required_secrets(values: &Values) -> Vec<SecretValue> {
    values.platform.ca_bundle.iter().map(|bundle| bundle.0.clone()).collect()
}

fn rule(reading: &Reading<'_>, reach: &Reach, index: usize, copy: &Copy) -> DesiredRule {
    let path = ValuePath::root().key("copies").index(index);
    check_reach(reading, reach, copy, &path.clone().key("from").key("namespaces"));
    DesiredRule {
        text: text(copy).into(),
        from: copy.from.clone(),
        to: Destination::of(&copy.to),
        labelling: Labelling::declared(&copy.to),
        expiring_days: copy.expiring_days,
        cause: reading.cause(&path),
    }
}

/// Reports sources that may be somewhere where values may not reach.
fn check_reach(reading: &Reading<'_>, reach: &Reach, copy: &Copy, path: &ValuePath) {
    for namespace in copy.from.namespaces.texts().filter(|namespace| !reach.allows_namespace(namespace)) {
        let message = format!(
            "namespace `{namespace}` is out of the values' reach: `--secrets-from-namespaces` does not allow it"
        );
        let hint = "name namespaces that it allows, or allow this one";
        reading.report(reading.problem(path, &message).with_hint(hint));
    }
}

/// `team-*/* (kubernetes.io/tls) to istio-system/copy-{namespace}-{name}`, or `harbor/pull to each of team-*`.
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
    match Destination::of(to) {
        Destination::One { namespace, name } => text.push_str(&format!(" to {namespace}/{name}")),
        Destination::Many { namespaces, selector } => {
            let namespaces: Vec<&str> = namespaces.texts().collect();
            text.push_str(&format!(" to each of {}", namespaces.join(",")));
            if let Some(selector) = &selector {
                text.push_str(&format!(" with labels {}", selector.text()));
            }
        }
    }
    text
}
