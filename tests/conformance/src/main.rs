//! Runs the suite against a server and prints its table. Exit code 0: everything passed; 1: something did not; 64: usage.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use evenkeel_conformance::contracts;
use evenkeel_conformance::gitea;
use evenkeel_conformance::harbor;
use evenkeel_conformance::keycloak::Baseline;
use evenkeel_conformance::kubernetes;
use evenkeel_conformance::live;
use evenkeel_conformance::replay::Contract;
use evenkeel_conformance::scenario::{self, ContractScenario, Row, Scenario, Target, run_all};
use evenkeel_conformance::table;
use secrecy::SecretString;

/// Holds a server to what is recorded of it. It must be one that nobody uses: things are made and deleted.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    suite: Suite,
}

#[derive(Subcommand)]
enum Suite {
    /// Runs the Keycloak task: converge, second run, drift, short-lived tokens.
    Live {
        #[command(flatten)]
        server: Server,
        /// Only the scenarios with this in their names, such as `at random`; may be given more than once.
        #[arg(long, value_name = "WORDS")]
        only: Vec<String>,
    },
    /// Everything, in one table.
    All {
        #[command(flatten)]
        server: Server,
    },
    /// Replays the contract files.
    Contracts {
        #[command(flatten)]
        server: Server,
        /// Only this file, such as `tokens`; may be given more than once.
        #[arg(long, value_name = "FILE")]
        only: Vec<String>,
    },
    /// Replays the contract files of a real Kubernetes.
    Kubernetes {
        #[command(flatten)]
        server: KubernetesServer,
        /// Only this file, such as `secrets`; may be given more than once.
        #[arg(long, value_name = "FILE")]
        only: Vec<String>,
    },
    /// Replays the contract files of a real Forgejo, or of a real Gitea.
    Gitea {
        #[command(flatten)]
        server: GiteaServer,
        /// Only this file, such as `teams`; may be given more than once.
        #[arg(long, value_name = "FILE")]
        only: Vec<String>,
    },
    /// Replays the contract files of a real Harbor.
    Harbor {
        #[command(flatten)]
        server: HarborServer,
        /// Only this file, such as `members`; may be given more than once.
        #[arg(long, value_name = "FILE")]
        only: Vec<String>,
    },
}

#[derive(Args)]
struct KubernetesServer {
    /// A kubeconfig whose user has a token; without it, give a URL.
    #[arg(long, env = "EVENKEEL_KUBERNETES_KUBECONFIG", value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Another context of the kubeconfig than the present one.
    #[arg(long, requires = "kubeconfig")]
    context: Option<String>,
    /// The API server's URL.
    #[arg(
        long,
        env = "EVENKEEL_KUBERNETES_URL",
        conflicts_with = "kubeconfig",
        required_unless_present = "kubeconfig"
    )]
    url: Option<String>,
    /// The certificates that vouch for it, in PEM.
    #[arg(long, requires = "url", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The environment variable that holds a token of the group `system:masters`.
    #[arg(long, value_name = "NAME", default_value = "EVENKEEL_KUBERNETES_TOKEN")]
    token_env: String,
    /// The cluster has a node with the images of the recordings: replays jobs, cron jobs and deployments too.
    #[arg(long)]
    images: bool,
    /// A program that makes things happen to the server; it is told what, such as `controllers pause`.
    #[arg(long, env = "EVENKEEL_KUBERNETES_HAND", value_name = "PROGRAM")]
    hand: Option<PathBuf>,
}

impl KubernetesServer {
    fn target(self) -> Result<Target, String> {
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path).map_err(|error| format!("`{}` cannot be read: {error}", path.display()))
        };
        let access = match (&self.kubeconfig, self.url) {
            (Some(path), _) => {
                kubernetes::access(&read(path)?, self.context.as_deref()).map_err(|error| error.to_string())?
            }
            (None, url) => kubernetes::Access {
                url: url.unwrap_or_default(),
                token: secret_from(&self.token_env)?,
                ca: self.ca.as_ref().map(read).transpose()?,
            },
        };
        let mut target = Target::new(&access.url, "platform-admin", access.token.clone());
        target.given.insert("admin_token".to_owned(), access.token);
        target.ca = access.ca;
        target.hand = self.hand;
        Ok(target)
    }
}

#[derive(Args)]
struct GiteaServer {
    /// The server's base URL, without `/api/v1`.
    #[arg(long, env = "EVENKEEL_GITEA_URL")]
    url: String,
    /// The administrator's name; the recordings call it `gitadmin`.
    #[arg(long, env = "EVENKEEL_GITEA_ADMIN", default_value = "gitadmin")]
    admin: String,
    /// The environment variable that holds the administrator's password.
    #[arg(long, value_name = "NAME", default_value = "EVENKEEL_GITEA_PASSWORD")]
    password_env: String,
    /// The server is a Gitea 1.22, which has contracts of its own.
    #[arg(long)]
    gitea_1_22: bool,
}

impl GiteaServer {
    fn contracts(&self) -> Result<Vec<Contract>, String> {
        let read = if self.gitea_1_22 { contracts::gitea_1_22() } else { contracts::gitea() };
        read.map_err(|error| error.to_string())
    }

    fn target(self) -> Result<Target, String> {
        Ok(Target::new(&self.url, &self.admin, secret_from(&self.password_env)?))
    }
}

#[derive(Args)]
struct HarborServer {
    /// The server's base URL, without `/api/v2.0`.
    #[arg(long, env = "EVENKEEL_HARBOR_URL")]
    url: String,
    /// The environment variable that holds the password of the account `admin`.
    #[arg(long, value_name = "NAME", default_value = "EVENKEEL_HARBOR_PASSWORD")]
    password_env: String,
    /// A docker registry with basic credentials that the server can reach.
    #[arg(long, env = "EVENKEEL_HARBOR_REGISTRY_URL", requires = "registry_user")]
    registry_url: Option<String>,
    /// Who may log in there.
    #[arg(long, env = "EVENKEEL_HARBOR_REGISTRY_USER")]
    registry_user: Option<String>,
    /// The environment variable that holds the password for that.
    #[arg(long, value_name = "NAME", default_value = "EVENKEEL_HARBOR_REGISTRY_PASSWORD")]
    registry_password_env: String,
    /// A program that makes things happen to the server; it is told what, such as `database down`.
    #[arg(long, env = "EVENKEEL_HARBOR_HAND", value_name = "PROGRAM")]
    hand: Option<PathBuf>,
}

impl HarborServer {
    fn target(self) -> Result<Target, String> {
        let mut target = Target::new(&self.url, "admin", secret_from(&self.password_env)?);
        target.given.insert("dead_url".to_owned(), "http://127.0.0.1:9".into());
        if let (Some(url), Some(user)) = (self.registry_url, self.registry_user) {
            target.given.insert("registry_url".to_owned(), url.into());
            target.given.insert("registry_user".to_owned(), user.into());
            target.given.insert("registry_password".to_owned(), secret_from(&self.registry_password_env)?);
        }
        target.hand = self.hand;
        Ok(target)
    }
}

#[expect(clippy::disallowed_methods, reason = "configuration: a password comes by environment, never as an argument")]
fn secret_from(name: &str) -> Result<SecretString, String> {
    let found = std::env::var(name).map(SecretString::from);
    found.map_err(|_| format!("the environment variable `{name}` has no password in it"))
}

#[derive(Args)]
struct Server {
    /// The server's base URL.
    #[arg(long, env = "EVENKEEL_KEYCLOAK_URL")]
    url: String,
    /// Its version: 26.0 has contracts of its own.
    #[arg(long, env = "EVENKEEL_KEYCLOAK_VERSION", default_value = "26.7.3")]
    server_version: String,
    /// The administrator's name.
    #[arg(long, env = "EVENKEEL_KEYCLOAK_ADMIN", default_value = "admin")]
    admin: String,
    /// The environment variable that holds the administrator's password.
    #[arg(long, value_name = "NAME", default_value = "EVENKEEL_KEYCLOAK_PASSWORD")]
    password_env: String,
    /// What decides what is made at random. Without it the scenario of a realm at random is left out: a suite that has to pass asks the same
    /// each time.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

impl Server {
    fn contracts(&self) -> Result<Vec<Contract>, String> {
        let is_26_0 = self.server_version.starts_with("26.0.");
        let read = if is_26_0 { contracts::keycloak_26_0() } else { contracts::keycloak() };
        read.map_err(|error| error.to_string())
    }

    fn target(self) -> Result<Target, String> {
        let mut target = Target::new(&self.url, &self.admin, secret_from(&self.password_env)?);
        target.seed = self.seed.unwrap_or_default();
        Ok(target)
    }

    /// The live scenarios that are asked of it.
    fn live_scenarios(&self) -> impl Iterator<Item = Box<dyn Scenario>> {
        let is_seeded = self.seed.is_some();
        live::scenarios().into_iter().filter(move |scenario| is_seeded || scenario.name() != live::AT_RANDOM)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let usage = error.use_stderr();
            let _ = error.print();
            return ExitCode::from(if usage { 64 } else { 0 });
        }
    };
    match run(arguments.suite).await {
        Ok(rows) if !rows.is_empty() && rows.iter().all(Row::passed) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "error: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn run(suite: Suite) -> Result<Vec<Row>, String> {
    match suite {
        Suite::Contracts { server, only } => {
            let scenarios = contract_scenarios(server.contracts()?, &only)?;
            on_keycloak(server, scenarios).await
        }
        Suite::Live { server, only } => {
            let mut scenarios: Vec<_> = server.live_scenarios().collect();
            scenarios.retain(|scenario| only.is_empty() || only.iter().any(|words| scenario.name().contains(words)));
            on_keycloak(server, scenarios).await
        }
        Suite::All { server } => {
            let contracts = contract_scenarios(server.contracts()?, &[])?;
            let scenarios = contracts.into_iter().chain(server.live_scenarios()).collect();
            on_keycloak(server, scenarios).await
        }
        Suite::Kubernetes { server, only } => {
            let mut all = contracts::kubernetes().map_err(|error| error.to_string())?;
            if only.is_empty() && !server.images {
                all.retain(|contract| !kubernetes::needs_a_node(&contract.file));
            }
            let scenarios = contract_scenarios(all, &only)?;
            let target = server.target()?;
            let baseline = kubernetes::Baseline::take(&target).await.map_err(|error| error.to_string())?;
            play(&scenarios, &target, &baseline).await
        }
        Suite::Gitea { server, only } => {
            let scenarios = contract_scenarios(server.contracts()?, &only)?;
            let mut target = server.target()?;
            let baseline = gitea::Baseline::take(&target).await.map_err(|error| error.to_string())?;
            target.given.insert("token".to_owned(), baseline.token());
            play(&scenarios, &target, &baseline).await
        }
        Suite::Harbor { server, only } => {
            let all = contracts::harbor().map_err(|error| error.to_string())?;
            let scenarios = contract_scenarios(all, &only)?;
            let mut target = server.target()?;
            let baseline = harbor::Baseline::take(&target).await.map_err(|error| error.to_string())?;
            target.known_as = baseline.known_as().map(str::to_owned);
            play(&scenarios, &target, &baseline).await
        }
    }
}

async fn on_keycloak(server: Server, scenarios: Vec<Box<dyn Scenario>>) -> Result<Vec<Row>, String> {
    let target = server.target()?;
    let baseline = Baseline::take(&target).await.map_err(|error| error.to_string())?;
    play(&scenarios, &target, &baseline).await
}

async fn play(
    scenarios: &[Box<dyn Scenario>],
    target: &Target,
    baseline: &dyn scenario::Baseline,
) -> Result<Vec<Row>, String> {
    let rows = run_all(scenarios, target, baseline, |row| {
        let _ = writeln!(std::io::stderr(), "{} done", row.name);
    })
    .await;
    table::write(&mut std::io::stdout().lock(), &rows).map_err(|error| error.to_string())?;
    Ok(rows)
}

fn contract_scenarios(all: Vec<Contract>, only: &[String]) -> Result<Vec<Box<dyn Scenario>>, String> {
    let chosen = if only.is_empty() {
        all
    } else {
        only.iter()
            .map(|name| contracts::named(&all, name).cloned().ok_or_else(|| format!("there is no contract `{name}`")))
            .collect::<Result<_, _>>()?
    };
    Ok(chosen.into_iter().map(|contract| Box::new(ContractScenario(contract)) as Box<dyn Scenario>).collect())
}
