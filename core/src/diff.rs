//! What differs between a declared and an observed representation (laws 2 and 3).
//!
//! Only declared fields count: a key that the declaration leaves out is not managed, at every depth,
//! while an empty list is managed and empty. How a field compares is a [`Rule`] of its object's kind;
//! without one, scalars compare by value, lists in order, and maps key by key.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    cause::Cause,
    field::Field,
    field_path::{FieldPath, GrowingPath},
    memory::{HiddenSecret, Recall, Secrets},
    object::ObjectId,
    plan::Note,
};

/// How one field compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A list whose order and repetitions mean nothing.
    Set,
    /// A list that must hold the declared elements; others are foreign and stay.
    Contains,
    /// A list of maps told apart by the text under this key: declared elements are compared with
    /// their namesakes, others are foreign and stay.
    Named(&'static str),
    /// A map that is managed as a whole: a key that is not declared must not be there.
    Whole,
    /// A text in which capitals mean nothing.
    Folded,
    /// A secret that the application hides behind this text. While hidden, it is compared with what is
    /// remembered of the last write.
    Masked(&'static str),
    /// A secret that the application never shows, so that its absence in an answer says nothing. It is
    /// compared with what is remembered of the last write; where the answer shows an empty value, there is none.
    Hidden,
    /// A field that matters at creation only, and is not compared afterwards.
    AtCreation,
}

/// The rules of one kind of object: dotted paths (`config.clientSecret`, `*` for any one key) and
/// how the field there compares.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules(pub &'static [(&'static str, Rule)]);

impl Rules {
    fn of(&self, path: &GrowingPath<'_>) -> Option<Rule> {
        self.0.iter().find(|(pattern, _)| path.matches(pattern)).map(|(_, rule)| *rule)
    }
}

/// One field that differs, as people and reports see it. A secret's values are never in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// The field's path in the representation, such as `attributes.owner`.
    #[schemars(with = "String")]
    pub path: FieldPath,
    /// What is there; absent where nothing is, and for secrets.
    // Boxed: of the hundred thousand fields of a first run nothing is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<serde_json::Value>>,
    /// What is declared; absent for secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
    /// Whether the field is secret, so that its values are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// Which value asks for it, where that is not what the whole change is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Box<Cause>>,
}

impl FieldChange {
    /// One field from one value to another; `None` where there is none.
    pub fn new(
        path: impl Into<FieldPath>,
        before: Option<serde_json::Value>,
        after: Option<serde_json::Value>,
    ) -> Self {
        Self { path: path.into(), before: before.map(Box::new), after, secret: false, cause: None }
    }

    /// A secret field, of which neither value is shown.
    pub fn secret(path: impl Into<FieldPath>) -> Self {
        Self { secret: true, ..Self::new(path, None, None) }
    }
}

/// The outcome of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// The declared fields that differ.
    pub changes: Vec<FieldChange>,
    /// Paths of declared fields whose value the application hides: neither equal nor different.
    pub unknown: Vec<FieldPath>,
    /// Paths of declared secrets that the application hides and of which nothing is remembered: neither
    /// equal nor different, and not to be written unless somebody says so.
    pub forgotten: Vec<FieldPath>,
    /// The secrets among `changes` that the application hides once they are written.
    pub secrets: Vec<HiddenSecret>,
}

/// What is remembered of one object's hidden fields.
#[derive(Clone, Copy, Debug)]
pub struct Recollection<'a> {
    /// What is remembered of all.
    pub secrets: &'a Secrets,
    /// The object.
    pub object: &'a ObjectId,
}

impl Difference {
    /// Compares what is declared with what is there. `None` stands for an object that is not there:
    /// then every declared field that is not empty is part of the difference. Nothing is remembered of
    /// hidden fields.
    #[must_use]
    pub fn between(declared: &Field, observed: Option<&Field>, rules: Rules) -> Self {
        Self::compared(declared, observed, Comparison { rules, recollection: None, creating: observed.is_none() })
    }

    /// The same, with what is remembered of the object's hidden fields.
    #[must_use]
    pub fn recalling(declared: &Field, observed: Option<&Field>, rules: Rules, recollection: Recollection<'_>) -> Self {
        let recollection = Some(recollection);
        Self::compared(declared, observed, Comparison { rules, recollection, creating: observed.is_none() })
    }

    fn compared(declared: &Field, observed: Option<&Field>, comparison: Comparison<'_>) -> Self {
        let mut difference = Self::default();
        difference.compare(declared, observed, &GrowingPath::Root, comparison);
        // A plan keeps them to the end of the run, for tens of thousands of objects.
        difference.changes.shrink_to_fit();
        difference
    }

    /// What people should know of declared fields that could not be compared.
    pub fn notes<'a>(&'a self, object: &'a ObjectId) -> impl Iterator<Item = Note> + 'a {
        let unknown =
            self.unknown.iter().map(|path| format!("`{path}` is not shown, so that a difference cannot be seen"));
        let forgotten = self.forgotten.iter().map(move |path| {
            format!(
                "`{path}` is hidden, and the inventory does not know what was written there, so that it is left \
                 alone; `apply --adopt --only {object}` writes the declared value once and makes the object ours, for `--prune` \
                 too"
            )
        });
        unknown.chain(forgotten).map(|message| Note { object: object.clone(), message })
    }

    /// The difference with the declared value that asks for each field, by the field's name at the top of the representation.
    #[must_use]
    pub fn caused_by(mut self, field_causes: &BTreeMap<String, Cause>) -> Self {
        for change in self.changes.iter_mut().filter(|_| !field_causes.is_empty()) {
            let field = change.path.split(['.', '[']).next().unwrap_or_default();
            change.cause = field_causes.get(field).cloned().map(Box::new);
        }
        self
    }

    /// The difference without switches that are declared as off and that the application does not show: some applications leave those
    /// out of their answers, and a version that does not know one has it off.
    #[must_use]
    pub fn without_hidden_switches(mut self) -> Self {
        let is_shown = |change: &FieldChange| change.before.as_ref().is_some_and(|before| !before.is_null());
        self.changes.retain(|change| is_shown(change) || change.after != Some(false.into()));
        self
    }

    /// Whether nothing that can be seen differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    fn compare(
        &mut self,
        declared: &Field,
        observed: Option<&Field>,
        path: &GrowingPath<'_>,
        comparison: Comparison<'_>,
    ) {
        let rule = comparison.rules.of(path);
        if rule == Some(Rule::AtCreation) && !comparison.creating {
            return;
        }
        if comparison.is_hidden(rule, declared, observed) || matches!(declared, Field::Unknown) {
            self.compare_hidden(declared, path, rule, comparison.recollection);
            return;
        }
        match (declared, observed) {
            (Field::Map(fields), _) if rule != Some(Rule::Whole) => {
                for (key, field) in fields {
                    let there = observed.and_then(|observed| observed.get(key));
                    self.compare(field, there, &path.key(key), comparison);
                }
            }
            (Field::List(items), _) if matches!(rule, Some(Rule::Named(_))) => {
                self.compare_named(items, observed, path, comparison);
            }
            (Field::List(items), Some(Field::List(there)))
                if rule.is_none()
                    && items.len() == there.len()
                    && items.iter().any(|item| matches!(item, Field::Map(_))) =>
            {
                for (index, (item, there)) in items.iter().zip(there).enumerate() {
                    self.compare(item, Some(there), &path.element(&index.to_string()), comparison);
                }
            }
            _ if !agrees(declared, observed, rule) => self.push(declared, observed, path, rule),
            _ => {}
        }
    }

    /// A secret that cannot be seen is what was written last, if that is remembered.
    fn compare_hidden(
        &mut self,
        declared: &Field,
        path: &GrowingPath<'_>,
        rule: Option<Rule>,
        recollection: Option<Recollection<'_>>,
    ) {
        let field = FieldPath::from(path);
        let Some(secret) = hidden_secret(declared, rule) else {
            self.unknown.push(field);
            return;
        };
        let recall =
            recollection.map_or(Recall::Nothing, |memory| memory.secrets.recall(memory.object, &field, &secret));
        match recall {
            Recall::Same => {}
            Recall::Different => self.push(declared, None, path, rule),
            Recall::Nothing => self.forgotten.push(field),
        }
    }

    fn compare_named(
        &mut self,
        items: &[Field],
        observed: Option<&Field>,
        path: &GrowingPath<'_>,
        comparison: Comparison<'_>,
    ) {
        let Some(Rule::Named(key)) = comparison.rules.of(path) else { return };
        let name_of = |field: &Field| match field.get(key) {
            Some(Field::Text(name)) => Some(name.clone()),
            _ => None,
        };
        let there: BTreeMap<String, &Field> = match observed {
            Some(Field::List(items)) => items.iter().filter_map(|item| Some((name_of(item)?, item))).collect(),
            _ => BTreeMap::new(),
        };
        for item in items {
            let name = name_of(item).unwrap_or_default();
            self.compare(item, there.get(&name).copied(), &path.element(&name), comparison);
        }
    }

    fn push(&mut self, declared: &Field, observed: Option<&Field>, path: &GrowingPath<'_>, rule: Option<Rule>) {
        let path = FieldPath::from(path);
        if let Some(value) = hidden_secret(declared, rule) {
            self.secrets.push(HiddenSecret { path: path.clone(), value });
        }
        let secret = is_secret(rule) || declared.holds_secret() || observed.is_some_and(Field::holds_secret);
        let shown = |field: Option<&Field>| if secret { None } else { field.and_then(Field::shown) };
        self.changes.push(FieldChange {
            path,
            before: shown(observed).map(Box::new),
            after: shown(Some(declared)),
            secret,
            cause: None,
        });
    }
}

impl From<Vec<FieldChange>> for Difference {
    fn from(changes: Vec<FieldChange>) -> Self {
        Self { changes, ..Self::default() }
    }
}

impl From<FieldChange> for Difference {
    fn from(change: FieldChange) -> Self {
        vec![change].into()
    }
}

/// How two representations are compared.
#[derive(Clone, Copy)]
struct Comparison<'a> {
    rules: Rules,
    recollection: Option<Recollection<'a>>,
    creating: bool,
}

impl Comparison<'_> {
    /// Whether there may be a value, but what is observed does not tell which.
    fn is_hidden(&self, rule: Option<Rule>, declared: &Field, observed: Option<&Field>) -> bool {
        match (rule, observed) {
            (_, Some(Field::Unknown)) => true,
            // Behind a mask there is something: that is a difference to nothing.
            (Some(Rule::Masked(mask)), Some(there)) => *there == Field::Text(mask.to_owned()) && !declared.is_empty(),
            (Some(Rule::Hidden), None) => !self.creating && !declared.is_empty(),
            _ => false,
        }
    }
}

const fn is_secret(rule: Option<Rule>) -> bool {
    matches!(rule, Some(Rule::Masked(_) | Rule::Hidden))
}

/// A declared text of which only a digest may be kept.
fn hidden_secret(declared: &Field, rule: Option<Rule>) -> Option<SecretString> {
    match declared {
        _ if !is_secret(rule) => None,
        Field::Secret(secret) => Some(secret.clone()),
        Field::Text(text) => Some(text.as_str().into()),
        _ => None,
    }
}

/// Whether a declared value that is no map to descend into equals the observed one.
fn agrees(declared: &Field, observed: Option<&Field>, rule: Option<Rule>) -> bool {
    let Some(observed) = observed else { return declared.is_empty() };
    if declared.is_empty() && observed.is_empty() {
        return true;
    }
    match (rule, declared, observed) {
        (Some(Rule::Set), Field::List(wanted), Field::List(there)) => {
            wanted.iter().all(|item| there.contains(item)) && there.iter().all(|item| wanted.contains(item))
        }
        (Some(Rule::Contains), Field::List(wanted), Field::List(there)) => {
            wanted.iter().all(|item| there.contains(item))
        }
        (Some(Rule::Folded), Field::Text(wanted), Field::Text(there)) => wanted.to_lowercase() == there.to_lowercase(),
        _ => declared == observed,
    }
}

#[cfg(test)]
mod tests;
