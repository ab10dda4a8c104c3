//! Which images of a project are kept.

use std::collections::BTreeSet;

use evenkeel_core::{
    reading::Reading,
    values::{
        ValuePath,
        model::{Retention, RetentionRule, RetentionTemplate},
    },
};

use super::patterns::{self, Pattern};
use crate::schedule;

/// Which images of a project are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredRetention {
    /// By which rules.
    pub rules: WantedRules,
    /// When the others are removed; `None` leaves it alone once there is a policy.
    pub schedule: Option<String>,
}

/// The rules of a retention policy that are managed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedRules {
    /// One rule, of so many of the most recently pushed images of each repository. Others stay.
    Last(u32),
    /// The whole list.
    All(Vec<DesiredRetentionRule>),
}

/// One rule of a whole list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DesiredRetentionRule {
    /// Harbor's word for what is kept.
    pub template: &'static str,
    /// How many images or days; `None` where nothing is counted.
    pub count: Option<u32>,
    /// Which tags.
    pub tags: Pattern,
    /// Which repositories.
    pub repositories: Pattern,
    /// Whether images without a tag count among those of the pattern of tags.
    pub untagged: bool,
    /// Whether the rule is off.
    pub disabled: bool,
}

/// What is declared; `None` where nothing is managed.
pub(super) fn desired(reading: &Reading<'_>, declared: &Retention, path: &ValuePath) -> Option<DesiredRetention> {
    let rules = match (declared.keep_last, &declared.rules) {
        (Some(_), Some(_)) => {
            let problem = reading.problem(path, "`keepLast` and `rules` contradict each other");
            let hint = "write `keepLast` as one of the rules: `{template: latestPushedK, count: …}`";
            reading.report(problem.with_hint(hint));
            return None;
        }
        (Some(count), None) => WantedRules::Last(count),
        (None, Some(rules)) => WantedRules::All(all(reading, rules, &path.clone().key("rules"))),
        (None, None) if declared.schedule.is_none() => return None,
        (None, None) => {
            let problem = reading.problem(&path.clone().key("schedule"), "a schedule without `keepLast` has no effect");
            reading.report(problem.with_hint("say with `keepLast` or `rules` beside it what stays"));
            return None;
        }
    };
    if let Some(schedule) = &declared.schedule {
        schedule::check(reading, schedule, &path.clone().key("schedule"));
    }
    Some(DesiredRetention { rules, schedule: declared.schedule.clone() })
}

fn all(reading: &Reading<'_>, declared: &[RetentionRule], path: &ValuePath) -> Vec<DesiredRetentionRule> {
    let mut rules = Vec::with_capacity(declared.len());
    let mut known = BTreeSet::new();
    for (index, declared) in declared.iter().enumerate() {
        let path = path.clone().index(index);
        let rule = rule(reading, declared, &path);
        // The server refuses the same rule twice as a conflict, and of two numbers only the larger one means anything.
        if !known.insert((rule.template, rule.tags.clone(), rule.repositories.clone())) {
            let problem = reading.problem(&path, "a rule of this template with these patterns is declared already");
            reading.report(problem.with_hint("leave one of them out"));
        }
        rules.push(rule);
    }
    rules
}

fn rule(reading: &Reading<'_>, declared: &RetentionRule, path: &ValuePath) -> DesiredRetentionRule {
    let template = declared.template;
    if template.is_counted() != declared.count.is_some() {
        let problem = if template == RetentionTemplate::Always {
            reading.problem(path, "template `always` counts nothing").with_hint("leave `count` out")
        } else {
            let message = format!("template `{}` wants a number", template.as_str());
            reading.problem(path, &message).with_hint("write `count`: how many images, or how many days")
        };
        reading.report(problem);
    }
    let tags = patterns::Declared {
        matches: ("tags", declared.tags.as_ref()),
        excludes: ("excludeTags", declared.exclude_tags.as_ref()),
    };
    let repositories = patterns::Declared {
        matches: ("repositories", declared.repositories.as_ref()),
        excludes: ("excludeRepositories", declared.exclude_repositories.as_ref()),
    };
    let tags = tags.read(reading, path).unwrap_or_else(Pattern::everything);
    DesiredRetentionRule {
        template: template.as_str(),
        count: declared.count,
        untagged: declared.untagged.unwrap_or_else(|| counts_untagged(&tags)),
        tags,
        repositories: repositories.read(reading, path).unwrap_or_else(Pattern::everything),
        disabled: declared.disabled,
    }
}

/// What the server takes for granted where a selector says nothing of images without a tag: they are kept.
pub(crate) const fn counts_untagged(tags: &Pattern) -> bool {
    matches!(tags, Pattern::Matches(_))
}
