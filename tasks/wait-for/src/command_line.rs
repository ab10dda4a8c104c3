//! The command line of the barrier.

use std::{collections::BTreeMap, ffi::OsString, num::NonZeroU32, path::PathBuf, time::Duration};

use clap::{Args, Command, ValueEnum, builder::BoolishValueParser};
use evenkeel_core::values::model::{HttpMethod, JsonScalar};
use evenkeel_engine::command_line::{LogFormat, OutputFormat, ReachOptions, ValuesOptions, duration};
use evenkeel_transport::reqwest::header::{HeaderName, HeaderValue};

use crate::{Error, condition::declared::sensitive};

/// The whole command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct WaitFor {
    /// What has to be ready: `http(s)://…`, `tcp://HOST:PORT`, `dns:NAME`, `keycloak:URL`, `harbor:URL`, `gitea:URL`,
    /// `drone:URL`, `kubernetes:KIND/NAMESPACE/NAME`, `kubernetes:KIND/NAMESPACE?LABEL=VALUE`
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Run this once the barrier is open, in place of this process
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
    /// Where barriers come from.
    #[command(flatten)]
    pub values: ValuesOptions,
    /// All conditions of this barrier of the values; repeat it
    #[arg(long, value_name = "NAME", help_heading = "Values")]
    pub barrier: Vec<String>,
    /// When the barrier opens.
    #[command(flatten)]
    pub waiting: Waiting,
    /// How HTTP targets are asked and have to answer.
    #[command(flatten)]
    pub http: HttpOptions,
    /// The client for which Keycloak has to give a token.
    #[command(flatten)]
    pub keycloak: KeycloakOptions,
    /// Which cluster, and what of it.
    #[command(flatten)]
    pub kubernetes: KubernetesOptions,
    /// From where the secrets of barriers may come.
    #[command(flatten)]
    pub reach: ReachOptions,
    /// The form of what goes to standard output
    #[arg(long = "output", short = 'o', value_enum, value_name = "FORM", env = "EVENKEEL_OUTPUT", default_value_t = OutputFormat::Text, help_heading = "Output")]
    pub output: OutputFormat,
    /// The form of the log on standard error; RUST_LOG says what is in it
    #[arg(long, value_enum, value_name = "FORM", env = "EVENKEEL_LOG_FORMAT", default_value_t = LogFormat::Text, help_heading = "Output")]
    pub log_format: LogFormat,
}

/// When the barrier opens, and how fast it asks.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Waiting")]
pub(crate) struct Waiting {
    /// One condition is enough
    #[arg(long, env = "EVENKEEL_ANY", value_parser = BoolishValueParser::new())]
    pub any: bool,
    /// Wait until the targets are not ready
    #[arg(long, env = "EVENKEEL_INVERT", value_parser = BoolishValueParser::new())]
    pub invert: bool,
    /// How many successes in a row count as ready
    #[arg(long, value_name = "NUMBER", env = "EVENKEEL_CONFIRMATIONS", default_value_t = NonZeroU32::MIN)]
    pub confirmations: NonZeroU32,
    /// The pause after a success that has to be confirmed, and after the first failure
    #[arg(long, value_name = "DURATION", env = "EVENKEEL_INTERVAL", default_value = "1s", value_parser = duration)]
    pub interval: Duration,
    /// The longest pause: after each further failure it is twice as long as before
    #[arg(long, value_name = "DURATION", env = "EVENKEEL_BACKOFF", default_value = "10s", value_parser = duration)]
    pub backoff: Duration,
    /// How long one question may take
    #[arg(long, value_name = "DURATION", env = "EVENKEEL_PROBE_TIMEOUT", default_value = "5s", value_parser = duration)]
    pub probe_timeout: Duration,
    /// How long to wait at most, such as `90s` or `1h 30m`
    #[arg(long, value_name = "DURATION", env = "EVENKEEL_TIMEOUT", default_value = "10m", value_parser = duration)]
    pub timeout: Duration,
}

/// How HTTP targets of the command line are asked and have to answer.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "HTTP targets")]
pub(crate) struct HttpOptions {
    /// Statuses that count as ready
    #[arg(long, value_name = "CODE", value_delimiter = ',', default_value = "200", value_parser = clap::value_parser!(u16).range(100..=599))]
    pub status: Vec<u16>,
    /// The request's method
    #[arg(long, value_enum, value_name = "METHOD", default_value_t = Method::Get)]
    pub method: Method,
    /// A header of the request; repeat it. For a secret see `--header-from-env`
    // Read later, like the next: clap shows what it cannot read, and this may be a secret.
    #[arg(long, value_name = "NAME: VALUE")]
    pub header: Vec<String>,
    /// A header whose text is in a variable of the environment; repeat it
    #[arg(long, value_name = "NAME=VARIABLE")]
    pub header_from_env: Vec<String>,
    /// What a header of the answer has to say; repeat it
    #[arg(long, value_name = "NAME: VALUE", value_parser = answer_header)]
    pub answer_header: Vec<(HeaderName, String)>,
    /// What has to stand in the JSON answer, such as `/status=healthy`; repeat it
    #[arg(long, value_name = "POINTER=VALUE", value_parser = json)]
    pub json: Vec<(String, JsonScalar)>,
    /// The name that requests are for, in `Host` and in TLS, wherever they are sent
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Certificates (PEM) that are trusted beside the system's, for all targets
    #[arg(long, value_name = "FILE", env = "EVENKEEL_CA_FILE")]
    pub ca_file: Option<PathBuf>,
}

/// The methods of a request, as they are written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub(crate) enum Method {
    /// Ask for the whole answer
    Get,
    /// Ask for the head of the answer alone
    Head,
    /// Ask what may be done there
    Options,
    /// Send a request without a body
    Post,
}

impl From<Method> for HttpMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::Get,
            Method::Head => Self::Head,
            Method::Options => Self::Options,
            Method::Post => Self::Post,
        }
    }
}

/// The client for which Keycloak has to give a token.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Keycloak targets")]
pub(crate) struct KeycloakOptions {
    /// The client for which a token has to come
    #[arg(long, value_name = "ID", env = "EVENKEEL_CLIENT_ID")]
    pub client_id: Option<String>,
    /// A file with the client's secret [default: the variable EVENKEEL_CLIENT_SECRET]
    #[arg(long, value_name = "FILE", env = "EVENKEEL_CLIENT_SECRET_FILE")]
    pub client_secret_file: Option<PathBuf>,
}

/// Which cluster, and what of it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Kubernetes targets")]
pub(crate) struct KubernetesOptions {
    /// The kubeconfig [default: KUBECONFIG, ~/.kube/config, or the pod's service account]
    #[arg(long, value_name = "FILE", env = "EVENKEEL_KUBECONFIG")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig
    #[arg(long, value_name = "NAME", env = "EVENKEEL_CONTEXT")]
    pub context: Option<String>,
    /// Of the objects that labels select, one that is ready is enough
    #[arg(long, env = "EVENKEEL_ANY_OBJECT", value_parser = BoolishValueParser::new())]
    pub any_object: bool,
    /// Wait on after a Job has failed, since something may make it anew
    #[arg(long, env = "EVENKEEL_RETRY_FAILED_JOBS", value_parser = BoolishValueParser::new())]
    pub retry_failed_jobs: bool,
}

const HEADER: &str = "write it as `NAME: VALUE`, such as `Accept: application/json`";
const HEADER_VARIABLE: &str = "write it as `NAME=VARIABLE`, such as `Authorization=TOKEN`";

fn each<T>(
    texts: &[String],
    read: impl Fn(&str) -> Option<T>,
    option: &'static str,
    form: &'static str,
) -> Result<Vec<T>, Error> {
    let numbered = texts.iter().enumerate();
    numbered.map(|(index, text)| read(text).ok_or(Error::Option { option, number: index + 1, form })).collect()
}

/// The command `wait-for` with its options.
#[must_use]
pub fn command() -> Command {
    WaitFor::augment_args(Command::new(crate::NAME))
        .about("Hold back until what is needed is really ready, then run a command")
        .long_about(None)
        .display_order(0)
        .arg_required_else_help(true)
}

/// A header of the request. It may hold a secret, although there is another option for those.
fn header(text: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = answer_header(text).ok()?;
    Some((name, sensitive(&value)?))
}

fn answer_header(text: &str) -> Result<(HeaderName, String), String> {
    let parsed =
        text.split_once(':').and_then(|(name, value)| Some((name.trim().parse().ok()?, value.trim().to_owned())));
    parsed.ok_or_else(|| HEADER.to_owned())
}

/// A header and the variable with its text. What is no variable's name may be the text itself.
fn header_variable(text: &str) -> Option<(HeaderName, String)> {
    let (name, variable) = text.split_once('=')?;
    let is_name = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
    let is_variable = !variable.is_empty() && variable.chars().all(is_name);
    Some((name.parse().ok()?, variable.to_owned())).filter(|_| is_variable)
}

/// A pointer and what has to stand there. `true`, `false` and whole numbers are those; quotation marks make a text of them.
fn json(text: &str) -> Result<(String, JsonScalar), String> {
    let wrong = || "write it as `/POINTER=VALUE`, such as `/status=healthy`".to_owned();
    let (pointer, value) = text.split_once('=').ok_or_else(wrong)?;
    if !(pointer.is_empty() || pointer.starts_with('/')) {
        return Err(wrong());
    }
    let scalar = match serde_json::from_str(value) {
        Ok(scalar) => scalar,
        Err(_) => JsonScalar::Text(value.to_owned()),
    };
    Ok((pointer.to_owned(), scalar))
}

impl HttpOptions {
    /// The headers of the request.
    ///
    /// # Errors
    ///
    /// When one is not written as it has to be. It is named by its position: its text may be a secret.
    pub(crate) fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
        each(&self.header, header, "--header", HEADER)
    }

    /// The headers whose text is in a variable, with its name.
    ///
    /// # Errors
    ///
    /// As [`headers`](Self::headers).
    pub(crate) fn header_variables(&self) -> Result<Vec<(HeaderName, String)>, Error> {
        each(&self.header_from_env, header_variable, "--header-from-env", HEADER_VARIABLE)
    }

    pub(crate) fn expected_json(&self) -> BTreeMap<String, JsonScalar> {
        self.json.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn a_header_that_is_written_wrong_is_named_by_its_position() {
        use clap::FromArgMatches;
        let refused = |option: &str, text: &str| {
            let line = ["wait-for", option, "Accept: x", option, text, "tcp://a:1"];
            let matches = command().try_get_matches_from(line).unwrap();
            let http = WaitFor::from_arg_matches(&matches).unwrap().http;
            http.headers().map(drop).and_then(|()| http.header_variables().map(drop)).unwrap_err().to_string()
        };
        for wrong in ["Authorization=Bearer canary", "Author ization: canary", "Authorization: canary\nX: y", "canary"]
        {
            assert_eq!(refused("--header", wrong), "`--header` number 2 cannot be read");
        }
        for wrong in ["Authorization=Bearer canary", "Authorization:canary", "canary"] {
            assert!(refused("--header-from-env", wrong).starts_with("`--header-from-env` number "));
        }
    }

    #[test]
    fn a_json_expectation_keeps_its_type() {
        let scalar = |text: &str| json(text).map(|(_, scalar)| scalar);
        assert_eq!(scalar("/status=healthy"), Ok(JsonScalar::Text("healthy".to_owned())));
        assert_eq!(scalar("/ready=true"), Ok(JsonScalar::Truth(true)));
        assert_eq!(scalar("/count=3"), Ok(JsonScalar::Number(3)));
        assert_eq!(scalar("/count=\"3\""), Ok(JsonScalar::Text("3".to_owned())));
        assert_eq!(scalar("/a=b=c"), Ok(JsonScalar::Text("b=c".to_owned())));
        assert!(json("status").is_err() && json("status=x").is_err());
    }
}
