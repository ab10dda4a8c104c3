//! The command line that all tasks share, and the environment variables that stand for its options
//! where there is no command line to write, as in a Kubernetes Job.

mod reach;

use std::{fmt, num::NonZeroUsize, path::PathBuf, str::FromStr, time::Duration};

use clap::{Args, Subcommand, ValueEnum, builder::BoolishValueParser};
use evenkeel_core::{object::ObjectId, text::visible, values::fits_pattern};
use evenkeel_kubernetes_client::Connection;

pub use reach::ReachOptions;

use crate::environment::environment_variable;

/// What a task can be asked to do.
#[derive(Clone, Debug, Subcommand)]
pub enum TaskCommand<O: OwnOptions = ()> {
    /// Show what would change, and change nothing
    Plan {
        /// End with exit code 2 when there are changes to make
        #[arg(long, env = "EVENKEEL_DETAILED_EXITCODE", value_parser = BoolishValueParser::new(), help_heading = "Plan")]
        detailed_exitcode: bool,
        /// The options of every run.
        #[command(flatten)]
        options: Options<O>,
    },
    /// Make the application equal to the values
    Apply {
        /// Record declared objects that are already there as ours: `--prune` may remove them once they
        /// are not declared any more. Declared secrets that the application hides are written once
        #[arg(long, env = "EVENKEEL_ADOPT", value_parser = BoolishValueParser::new(), conflicts_with = "team", help_heading = "Deletes")]
        adopt: bool,
        /// The options of every run.
        #[command(flatten)]
        options: Options<O>,
    },
    /// See whether a run could work: values, secrets, login, reading; change nothing
    Check {
        /// The options of every run.
        #[command(flatten)]
        options: Options<O>,
    },
}

impl<O: OwnOptions> TaskCommand<O> {
    /// The options that every command has.
    #[must_use]
    pub const fn options(&self) -> &Options<O> {
        match self {
            Self::Plan { options, .. } | Self::Apply { options, .. } | Self::Check { options } => options,
        }
    }

    /// This command, completed from the environment where the command line gives no list.
    ///
    /// # Errors
    ///
    /// When a line of `EVENKEEL_ONLY` is not `KIND/NAME`.
    pub fn or_environment(mut self) -> Result<Self, String> {
        match &mut self {
            Self::Plan { options, .. } | Self::Apply { options, .. } | Self::Check { options } => {
                options.complete_from_environment()?;
            }
        }
        Ok(self)
    }
}

/// What a task adds to the options of every run; `()` adds nothing.
pub trait OwnOptions: Args + Clone + fmt::Debug + Default + Send + Sync + 'static {}

impl<O: Args + Clone + fmt::Debug + Default + Send + Sync + 'static> OwnOptions for O {}

/// Where the values come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Values")]
pub struct ValuesOptions {
    /// A file of values, or a folder: its *.yaml in the order of their names, secrets.*.yaml last.
    /// Repeat it: later layers win [env: EVENKEEL_VALUES, separated by `:`]
    #[arg(long = "values", short = 'f', value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// One more value, on top of all files; repeat it [env: EVENKEEL_SET, one a line]
    #[arg(long = "set", value_name = "KEY.PATH=VALUE")]
    pub set: Vec<String>,
}

impl ValuesOptions {
    /// Completes the options from the environment where the command line gives none.
    pub fn complete_from_environment(&mut self) {
        if self.paths.is_empty()
            && let Some(paths) = environment_variable("EVENKEEL_VALUES")
        {
            self.paths = std::env::split_paths(&paths).filter(|path| !path.as_os_str().is_empty()).collect();
        }
        if self.set.is_empty() {
            self.set = lines_of("EVENKEEL_SET");
        }
    }
}

/// What every run of a task can be told, and what only this task can.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct Options<O: OwnOptions = ()> {
    /// Where the values come from.
    #[command(flatten)]
    pub values: ValuesOptions,

    /// Only this object and what it waits for, as a plan names it; `*` in the name stands for anything; repeat it
    /// [env: EVENKEEL_ONLY, one a line]
    #[arg(long, value_name = "KIND/NAME", help_heading = "Selection")]
    pub only: Vec<Selector>,
    /// Only the objects of this team, and what they wait for
    #[arg(long, value_name = "TEAM", env = "EVENKEEL_TEAM", help_heading = "Selection")]
    pub team: Option<String>,

    /// Delete objects that this tool made and that are not declared any more
    #[arg(long, env = "EVENKEEL_PRUNE", value_parser = BoolishValueParser::new(), help_heading = "Deletes")]
    pub prune: bool,
    /// With `--prune`: delete also what holds data that people made, such as users
    #[arg(long, env = "EVENKEEL_PRUNE_DATA", value_parser = BoolishValueParser::new(), help_heading = "Deletes")]
    pub prune_data: bool,
    /// More deletes than this, and the run deletes nothing at all
    #[arg(long, value_name = "NUMBER", env = "EVENKEEL_MAX_DELETES", default_value_t = DEFAULT_MAX_DELETES, help_heading = "Deletes")]
    pub max_deletes: usize,
    /// More memberships, roles and scopes than this to take away, and the run takes none away
    #[arg(long, value_name = "NUMBER", env = "EVENKEEL_MAX_REMOVALS", default_value_t = DEFAULT_MAX_REMOVALS, help_heading = "Deletes")]
    pub max_removals: usize,
    /// The file that remembers which objects this tool made
    /// [default: evenkeel/PLATFORM/TASK.jsonl in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "FILE", env = "EVENKEEL_INVENTORY", help_heading = "Deletes")]
    pub inventory: Option<PathBuf>,

    /// Which Kubernetes cluster, where something needs one.
    #[command(flatten)]
    pub cluster: ClusterOptions,

    /// From where the secrets of values may come.
    #[command(flatten)]
    pub reach: ReachOptions,

    /// How long the run may take, such as `90s` or `1h 30m`
    #[arg(long, value_name = "DURATION", env = "EVENKEEL_TIMEOUT", default_value = "10m", value_parser = duration, help_heading = "Limits")]
    pub timeout: Duration,
    /// How many changes and requests may be under way at the same time
    #[arg(long, value_name = "NUMBER", env = "EVENKEEL_CONCURRENCY", default_value_t = DEFAULT_CONCURRENCY, help_heading = "Limits")]
    pub concurrency: NonZeroUsize,

    /// How the result is written.
    #[command(flatten)]
    pub output: OutputOptions,

    /// The task's own options.
    #[command(flatten)]
    pub own: O,
}

/// Which Kubernetes cluster is worked with. It is looked for only when something needs one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterOptions {
    /// The kubeconfig [default: `KUBECONFIG` or ~/.kube/config; without any, the pod's service account]
    #[arg(long, value_name = "FILE", env = "EVENKEEL_KUBECONFIG")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME", env = "EVENKEEL_CONTEXT")]
    pub context: Option<String>,
}

impl ClusterOptions {
    /// The connection that these options stand for.
    #[must_use]
    pub fn connection(&self) -> Connection {
        Connection::Inferred { kubeconfig: self.kubeconfig.clone(), context: self.context.clone() }
    }
}

/// Where results go, and in which form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputOptions {
    /// The form of what goes to standard output
    #[arg(long = "output", short = 'o', value_enum, value_name = "FORM", env = "EVENKEEL_OUTPUT", default_value_t = OutputFormat::Text)]
    pub format: OutputFormat,
    /// Write a JSON report of the run to this file
    #[arg(long, value_name = "FILE", env = "EVENKEEL_REPORT")]
    pub report: Option<PathBuf>,
    /// The form of the log on standard error; RUST_LOG says what is in it
    #[arg(long, value_enum, value_name = "FORM", env = "EVENKEEL_LOG_FORMAT", default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

const DEFAULT_MAX_DELETES: usize = 10;
/// So many people change teams in a day, and no day takes everybody's rights away.
const DEFAULT_MAX_REMOVALS: usize = 200;
pub(crate) const DEFAULT_CONCURRENCY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(7);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

impl<O: OwnOptions> Default for Options<O> {
    fn default() -> Self {
        Self {
            values: ValuesOptions::default(),
            only: Vec::new(),
            team: None,
            prune: false,
            prune_data: false,
            max_deletes: DEFAULT_MAX_DELETES,
            max_removals: DEFAULT_MAX_REMOVALS,
            inventory: None,
            cluster: ClusterOptions::default(),
            reach: ReachOptions::default(),
            timeout: DEFAULT_TIMEOUT,
            concurrency: DEFAULT_CONCURRENCY,
            output: OutputOptions::default(),
            own: O::default(),
        }
    }
}

/// The form of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    #[default]
    Text,
    /// For programs; `evenkeel schema` prints its schema.
    Json,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What `--only` selects: objects of one kind, by a name in which `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    kind: String,
    name: String,
}

impl Selector {
    /// The kind of what is selected.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether the name that is selected holds another, between slashes or at an end; a `*` may stand for it.
    #[must_use]
    pub fn mentions(&self, name: &str) -> bool {
        self.name.contains('*')
            || self.name.split('/').any(|part| part == name)
            || self.name.strip_suffix(name).is_some_and(|rest| rest.ends_with('/'))
            || self.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether the object is selected: by its names as a plan shows them, or as they are, with slashes between.
    #[must_use]
    pub fn matches(&self, object: &ObjectId) -> bool {
        let fits = |name: &str| fits_pattern(&self.name, name);
        let joined = || object.names().collect::<Vec<_>>().join("/");
        let path = object.path();
        self.kind == object.kind().as_str() && (fits(&path) || fits(&visible(&path)) || fits(&joined()))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.kind, self.name)
    }
}

impl FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => {
                Ok(Self { kind: kind.to_owned(), name: name.to_owned() })
            }
            _ => Err("write it as `KIND/NAME`, such as `role/team-*`".to_owned()),
        }
    }
}

/// A duration as people write it, such as `90s` or `1h 30m`: more than nothing, and at most a week.
///
/// # Errors
///
/// What to write instead.
pub fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| "write it as `90s`, `10m` or `1h 30m`".to_owned())?;
    match Duration::try_from(parsed) {
        Ok(duration) if !duration.is_zero() && duration <= LONGEST_TIMEOUT => Ok(duration),
        _ => Err("it has to be more than nothing and at most a week".to_owned()),
    }
}

/// A run that takes longer than this hangs.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl<O: OwnOptions> Options<O> {
    fn complete_from_environment(&mut self) -> Result<(), String> {
        self.values.complete_from_environment();
        if self.only.is_empty() {
            let parse =
                |line: String| line.parse().map_err(|problem| format!("`EVENKEEL_ONLY` has `{line}`: {problem}"));
            self.only = lines_of("EVENKEEL_ONLY").into_iter().map(parse).collect::<Result<_, String>>()?;
        }
        Ok(())
    }
}

fn lines_of(name: &str) -> Vec<String> {
    let text = environment_variable(name).map(|value| value.to_string_lossy().into_owned()).unwrap_or_default();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use evenkeel_core::object::Kind;

    use super::*;

    #[test]
    fn a_star_in_a_name_stands_for_any_text() {
        let object = ObjectId::new(Kind::new("role"), "team-alpha");
        for selector in ["role/team-alpha", "role/*", "role/team-*", "role/*-alpha", "role/t*m*a", "role/t**a"] {
            assert!(selector.parse::<Selector>().unwrap().matches(&object), "{selector}");
        }
        for selector in ["role/team", "group/*", "role/*beta*", "role/team-alpha*a", "role/*team-alphaa"] {
            assert!(!selector.parse::<Selector>().unwrap().matches(&object), "{selector}");
        }
    }

    #[test]
    fn a_name_is_selected_as_a_plan_shows_it_and_as_people_write_it() {
        let role = ObjectId::within(Kind::new("client-role"), "app", "x/y\u{1}");
        for selector in
            ["client-role/app/x\\/y\u{1}", "client-role/app/x/y\u{1}", "client-role/app/x/*", "client-role/app/*"]
        {
            assert!(selector.parse::<Selector>().unwrap().matches(&role), "{selector}");
        }
        for selector in ["client-role/app/x", "client-role/x/y*", "role/app/x/y*"] {
            assert!(!selector.parse::<Selector>().unwrap().matches(&role), "{selector}");
        }
        let shown = visible(&role.to_string()).into_owned();
        assert!(shown.parse::<Selector>().unwrap().matches(&role), "{shown} can be pasted");
    }

    #[test]
    fn a_duration_is_written_as_people_say_it() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        for wrong in ["", "10", "-5s", "0s", "2 fortnights", "999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_default_options_are_those_of_an_empty_command_line() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            options: Options,
        }
        let line: Line = clap::Parser::parse_from(["evenkeel"]);
        assert_eq!(line.options, Options::default());
    }
}
