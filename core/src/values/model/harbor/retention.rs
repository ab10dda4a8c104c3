//! Rules of what a project keeps.

use schemars::JsonSchema;
use serde::Deserialize;

/// One rule of what a project keeps: an image that any rule keeps is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetentionRule {
    /// What the rule keeps.
    pub template: RetentionTemplate,
    /// How many images, or how many days; every template but `always` wants it.
    #[schemars(range(min = 1))]
    pub count: Option<u32>,
    /// Pattern of tags, such as `v*`; `**` stands for any text with slashes, `{a,b}` for one of several. Default: all.
    pub tags: Option<String>,
    /// Pattern of tags that the rule is not about, in place of `tags`.
    pub exclude_tags: Option<String>,
    /// Pattern of repositories. Default: all.
    pub repositories: Option<String>,
    /// Pattern of repositories that the rule is not about, in place of `repositories`.
    pub exclude_repositories: Option<String>,
    /// Whether images without a tag count among those that the pattern of tags names. Default: whichever keeps them.
    pub untagged: Option<bool>,
    /// Whether the rule is off. Default `false`.
    #[serde(default)]
    pub disabled: bool,
}

/// What a rule keeps, in Harbor's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum RetentionTemplate {
    /// The `count` images that were pushed last.
    LatestPushedK,
    /// The `count` images that were pulled last.
    LatestPulledN,
    /// What was pushed in the last `count` days.
    NDaysSinceLastPush,
    /// What was pulled in the last `count` days.
    NDaysSinceLastPull,
    /// Everything that the patterns name.
    Always,
}

impl RetentionTemplate {
    /// Every template.
    pub const ALL: [Self; 5] =
        [Self::LatestPushedK, Self::LatestPulledN, Self::NDaysSinceLastPush, Self::NDaysSinceLastPull, Self::Always];

    /// Harbor's word for it, under which it also wants the number.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LatestPushedK => "latestPushedK",
            Self::LatestPulledN => "latestPulledN",
            Self::NDaysSinceLastPush => "nDaysSinceLastPush",
            Self::NDaysSinceLastPull => "nDaysSinceLastPull",
            Self::Always => "always",
        }
    }

    /// Whether it wants a number.
    #[must_use]
    pub const fn is_counted(self) -> bool {
        !matches!(self, Self::Always)
    }
}
