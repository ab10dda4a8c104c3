//! Tags of a project that can neither be overwritten nor deleted.
//!
//! A rule has no name: it is known by what it selects. One that values cannot say, and each but the oldest of several that select the
//! same, is known by its number, so that it is not lost where it counts as something of others.

use std::collections::BTreeSet;

use evenkeel_core::{
    memory::Sight,
    object::{Kind, ObjectId},
};
use evenkeel_engine::plain::{Parent, PlainKind};
use evenkeel_harbor_client::{
    paging,
    types::{ImmutableRule as Representation, ImmutableSelector},
};
use evenkeel_transport::ResultExt;
use serde::Serialize;

use super::labels::project_of;
use crate::{
    Error, Harbor,
    answers::deleted,
    desired::{Pattern, REPOSITORIES, TAGS},
    error::WithContext,
    names::IMMUTABLE_RULE,
    numbers::numbered_within,
};

const RULE: &str = "immutable tag rule of project";

#[derive(Debug)]
pub(crate) struct ImmutableRules;

/// A rule.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ImmutableRule {
    /// The tags that it selects, as people see them.
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<String>,
    /// Whether it is off; `None` leaves it alone once there is a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disabled: Option<bool>,
    /// Which repositories and which tags it selects; `None` where it is known by its number.
    #[serde(skip)]
    pub(crate) selection: Option<(Pattern, Pattern)>,
    #[serde(skip)]
    id: Option<i64>,
}

impl ImmutableRule {
    pub(crate) fn declared(repositories: Pattern, tags: Pattern, disabled: Option<bool>) -> Self {
        Self { tags: Some(tags.to_string()), disabled, selection: Some((repositories, tags)), id: None }
    }

    /// The rules of a project. What is false is left out of answers.
    fn all_of(mut rules: Vec<Representation>) -> Vec<Self> {
        rules.sort_by_key(|rule| rule.id);
        let mut known = BTreeSet::new();
        let rules = rules.into_iter().map(|rule| {
            let selection = selected(&rule).filter(|selection| known.insert(name(selection)));
            let tags = selection.as_ref().map(|(_, tags)| tags.to_string());
            Self { tags, disabled: Some(rule.disabled.unwrap_or_default()), selection, id: rule.id }
        });
        rules.collect()
    }

    /// The request. A change has to repeat the number (server-behaviour 6).
    fn request(&self, id: Option<i64>, disabled: bool) -> Representation {
        let (repositories, tags) = self.selection.clone().unwrap_or((Pattern::everything(), Pattern::everything()));
        let selector = |decoration: &str, pattern: &Pattern| ImmutableSelector {
            kind: Some("doublestar".to_owned()),
            decoration: Some(decoration.to_owned()),
            pattern: Some(pattern.text().to_owned()),
            extras: None,
        };
        let of_repositories = selector(repositories.decoration(REPOSITORIES), &repositories);
        Representation {
            id,
            disabled: Some(disabled),
            action: Some("immutable".to_owned()),
            template: Some("immutable_template".to_owned()),
            tag_selectors: Some(vec![selector(tags.decoration(TAGS), &tags)]),
            scope_selectors: Some([("repository".to_owned(), vec![of_repositories])].into_iter().collect()),
            ..Representation::default()
        }
    }
}

fn name((repositories, tags): &(Pattern, Pattern)) -> String {
    format!("{repositories}:{tags}")
}

/// Which repositories and which tags a rule selects, where it says so with one pattern each.
fn selected(rule: &Representation) -> Option<(Pattern, Pattern)> {
    let ([repositories], [tags]) =
        (rule.scope_selectors.as_ref()?.get("repository")?.as_slice(), rule.tag_selectors.as_deref()?)
    else {
        return None;
    };
    Some((
        Pattern::seen(REPOSITORIES, repositories.decoration.as_deref(), repositories.pattern.as_deref())?,
        Pattern::seen(TAGS, tags.decoration.as_deref(), tags.pattern.as_deref())?,
    ))
}

impl PlainKind<Harbor> for ImmutableRules {
    type Object = ImmutableRule;
    const KIND: Kind = IMMUTABLE_RULE;
    /// A change says everything about a rule.
    const READS_BEFORE_UPDATE: bool = false;

    fn name(rule: &ImmutableRule) -> Option<String> {
        rule.selection.as_ref().map(name).or_else(|| rule.id.map(|id| format!("rule {id}")))
    }

    fn sight(there: &ImmutableRule, project: &Parent) -> Sight {
        numbered_within(there.id, project.sight())
    }

    async fn list(server: &Harbor, project: &Parent) -> Result<Vec<ImmutableRule>, Error> {
        let project = project.name();
        let list = paging::immutable_rules(server.client(), project).await;
        Ok(ImmutableRule::all_of(list.context("list", "immutable tag rules of project", project)?))
    }

    async fn create(server: &Harbor, object: &ObjectId, wanted: &ImmutableRule) -> Result<(), Error> {
        let (project, body) = (project_of(object), wanted.request(None, wanted.disabled.unwrap_or_default()));
        let rule = server.client().immutable_rule_create().project_name_or_id(project).x_is_resource_name(true);
        rule.body(body).send().await.api().context("create", RULE, project)
    }

    async fn update(
        server: &Harbor,
        object: &ObjectId,
        there: &ImmutableRule,
        wanted: &ImmutableRule,
        _: &[String],
    ) -> Result<(), Error> {
        let project = project_of(object);
        let disabled = wanted.disabled.or(there.disabled).unwrap_or_default();
        let rule = server.client().immutable_rule_update().project_name_or_id(project).x_is_resource_name(true);
        let rule = rule.immutable_rule_id(there.id.unwrap_or_default()).body(wanted.request(there.id, disabled));
        rule.send().await.api().context("update", RULE, project)
    }

    async fn delete(server: &Harbor, object: &ObjectId, there: &ImmutableRule) -> Result<(), Error> {
        let (project, id) = (project_of(object), there.id.unwrap_or_default());
        let rule = server.administrator().immutable_rule_delete().project_name_or_id(project).x_is_resource_name(true);
        deleted(rule.immutable_rule_id(id).send().await.api(), RULE, project)
    }
}
