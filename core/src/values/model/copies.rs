use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::names::{CopyName, LabelKey, LabelValue, NamePattern, NamespaceName, SecretType};

/// Copies of Secrets from some namespaces to another, or from one to many.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Copy {
    /// Which Secrets are copied.
    pub from: CopySource,
    /// Where the copies go.
    pub to: CopyTarget,
    /// Warn of certificates that expire within so many days. Default 14, and for those that live shorter than 56 days a quarter
    /// of their life.
    #[schemars(range(min = 1, max = 3650))]
    pub expiring_days: Option<u32>,
}

/// Which Secrets are copied: those that fit everything that is said. Copies themselves, tokens of service accounts and the
/// releases of Helm are never copied.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CopySource {
    /// Pattern of namespace names, with `*` for any text; or a list of such. Namespaces that are named without `*` are read by
    /// their names: no right in the whole cluster is needed.
    pub namespaces: Patterns,
    /// Labels that the namespaces must have. Default: any.
    pub namespace_selector: Option<LabelSelector>,
    /// Pattern of Secret names, with `*` for any text; or a list of such. Default: all.
    pub names: Option<Patterns>,
    /// Labels that the Secrets must have. Default: any.
    pub selector: Option<LabelSelector>,
    /// Type of the Secrets, such as `kubernetes.io/tls`. Default: any.
    #[serde(rename = "type")]
    pub secret_type: Option<SecretType>,
}

/// Where copies go: to one namespace, under names that tell the sources apart, or to many, under the names of the sources.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CopyTarget {
    /// Namespace of the copies; needs `name`.
    pub namespace: Option<NamespaceName>,
    /// Name of a copy in `namespace`; `{namespace}` and `{name}` stand for those of its source. `{namespace}` must be in it: whoever
    /// may name Secrets in one namespace could otherwise choose any name in the other.
    pub name: Option<CopyName>,
    /// Instead of `namespace`: pattern of namespace names, with `*` for any text; or a list of such. Each namespace that fits gets a
    /// copy under the name of its source, which `from` has to say, together with its namespace, without any `*`.
    pub namespaces: Option<Patterns>,
    /// Labels that the namespaces must have. Default: any.
    pub namespace_selector: Option<LabelSelector>,
    /// Labels of the copies, beside evenkeel's own. Those of others stay.
    #[serde(default)]
    #[schemars(schema_with = "label_map")]
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of the copies, beside evenkeel's own. Those of others stay.
    #[serde(default)]
    #[schemars(schema_with = "annotation_map")]
    pub annotations: BTreeMap<LabelKey, String>,
}

fn annotation_map(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let key = generator.subschema_for::<LabelKey>();
    schemars::json_schema!({"type": "object", "propertyNames": key, "additionalProperties": {"type": "string"}})
}

/// A pattern of names, or a list of such.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Patterns {
    /// One pattern.
    One(NamePattern),
    /// Several: a name has to fit one of them.
    Several(#[schemars(length(min = 1))] Vec<NamePattern>),
}

impl Patterns {
    fn all(&self) -> &[NamePattern] {
        match self {
            Self::One(pattern) => std::slice::from_ref(pattern),
            Self::Several(patterns) => patterns,
        }
    }

    /// Whether a name fits one of them.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        self.all().iter().any(|pattern| pattern.fits(name))
    }

    /// The names, if there is no `*` in any of them.
    #[must_use]
    pub fn exact(&self) -> Option<Vec<&str>> {
        self.all().iter().map(NamePattern::exact).collect()
    }

    /// The names that are there without any `*`.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.all().iter().filter_map(NamePattern::exact)
    }

    /// The patterns as people write them.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.all().iter().map(NamePattern::as_str)
    }
}

/// Labels that an object must have, as Kubernetes writes it: everything that is said must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LabelSelector {
    /// Labels with their values.
    #[serde(default)]
    #[schemars(schema_with = "label_map")]
    pub match_labels: BTreeMap<LabelKey, LabelValue>,
    /// What else is asked of labels.
    #[serde(default)]
    pub match_expressions: Vec<LabelExpression>,
}

fn label_map(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let key = generator.subschema_for::<LabelKey>();
    let value = generator.subschema_for::<LabelValue>();
    schemars::json_schema!({"type": "object", "propertyNames": key, "additionalProperties": value})
}

/// What is asked of a label.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "LabelExpressionFields")]
#[schemars(with = "LabelExpressionFields")]
pub struct LabelExpression {
    /// The label.
    pub key: LabelKey,
    /// How it is compared.
    pub operator: LabelOperator,
    /// With what; empty where only the label's presence counts.
    pub values: Vec<LabelValue>,
}

/// What is asked of a label.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "LabelExpression")]
struct LabelExpressionFields {
    /// Name of the label.
    key: LabelKey,
    /// How it is compared.
    operator: LabelOperator,
    /// With `In` and `NotIn`: the values.
    #[serde(default)]
    values: Vec<LabelValue>,
}

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum LabelOperator {
    /// It has one of the values.
    In,
    /// It is not there, or has none of the values.
    NotIn,
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
}

impl TryFrom<LabelExpressionFields> for LabelExpression {
    type Error = &'static str;

    fn try_from(LabelExpressionFields { key, operator, values }: LabelExpressionFields) -> Result<Self, Self::Error> {
        match (operator, values.is_empty()) {
            (LabelOperator::In | LabelOperator::NotIn, true) => Err("`In` and `NotIn` need `values`"),
            (LabelOperator::Exists | LabelOperator::DoesNotExist, false) => {
                Err("`values` goes with `In` and `NotIn` only")
            }
            _ => Ok(Self { key, operator, values }),
        }
    }
}

impl LabelSelector {
    /// Whether an object with these labels is selected.
    #[must_use]
    pub fn fits(&self, labels: &BTreeMap<String, String>) -> bool {
        let has = |key: &LabelKey, value: &LabelValue| labels.get(key.as_str()).is_some_and(|is| is == value.as_str());
        self.match_labels.iter().all(|(key, value)| has(key, value))
            && self.match_expressions.iter().all(|expression| {
                let LabelExpression { key, operator, values } = expression;
                let is_one = || values.iter().any(|value| has(key, value));
                match operator {
                    LabelOperator::In => is_one(),
                    LabelOperator::NotIn => !is_one(),
                    LabelOperator::Exists => labels.contains_key(key.as_str()),
                    LabelOperator::DoesNotExist => !labels.contains_key(key.as_str()),
                }
            })
    }

    /// The selector as the API takes it: `app=shop,tier in (a,b),!legacy`.
    #[must_use]
    pub fn text(&self) -> String {
        let labels = self.match_labels.iter().map(|(key, value)| format!("{key}={}", value.as_str()));
        let expressions = self.match_expressions.iter().map(|LabelExpression { key, operator, values }| {
            let values: Vec<&str> = values.iter().map(LabelValue::as_str).collect();
            match operator {
                LabelOperator::In => format!("{key} in ({})", values.join(",")),
                LabelOperator::NotIn => format!("{key} notin ({})", values.join(",")),
                LabelOperator::Exists => key.to_string(),
                LabelOperator::DoesNotExist => format!("!{key}"),
            }
        });
        labels.chain(expressions).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(json: serde_json::Value) -> LabelSelector {
        serde_json::from_value(json).unwrap()
    }

    fn labels(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
        labels.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn a_selector_selects_as_the_api_does() {
        let selector = selector(serde_json::json!({
            "matchLabels": {"app": "shop", "empty": ""},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["a", "b"]},
                {"key": "zone", "operator": "NotIn", "values": ["x"]},
                {"key": "example.com/ready", "operator": "Exists"},
                {"key": "legacy", "operator": "DoesNotExist"},
            ],
        }));
        assert_eq!(selector.text(), "app=shop,empty=,tier in (a,b),zone notin (x),example.com/ready,!legacy");
        let fitting = [("app", "shop"), ("empty", ""), ("tier", "b"), ("example.com/ready", "no")];
        assert!(selector.fits(&labels(&fitting)));
        for spoiled in [("app", "other"), ("tier", "c"), ("zone", "x"), ("legacy", "")] {
            let mut labels = labels(&fitting);
            labels.insert(spoiled.0.to_owned(), spoiled.1.to_owned());
            assert!(!selector.fits(&labels), "{spoiled:?}");
        }
        assert!(!selector.fits(&labels(&fitting[1..])));
        assert!(LabelSelector::default().fits(&labels(&[])));
    }

    #[test]
    fn an_expression_has_values_where_they_mean_something() {
        for wrong in [
            serde_json::json!({"key": "a", "operator": "In"}),
            serde_json::json!({"key": "a", "operator": "Exists", "values": ["b"]}),
            serde_json::json!({"key": "a b", "operator": "Exists"}),
            serde_json::json!({"key": "a", "operator": "Exists", "values": ["-"]}),
        ] {
            assert!(serde_json::from_value::<LabelExpression>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_names_without_a_star_are_exact() {
        let patterns = |json: serde_json::Value| serde_json::from_value::<Patterns>(json).unwrap();
        assert_eq!(patterns(serde_json::json!("keycloak")).exact(), Some(vec!["keycloak"]));
        let mixed = patterns(serde_json::json!(["keycloak", "team-*"]));
        assert_eq!((mixed.exact(), mixed.named().collect::<Vec<_>>()), (None, vec!["keycloak"]));
        assert!(mixed.fits("team-alpha") && mixed.fits("keycloak") && !mixed.fits("keycloak-2"));
    }
}
