//! Values from a live Harbor, such that a plan on them is empty but for this task's own robot: how an existing installation is
//! adopted.
//!
//! The server is read as a whole, and everything else is pure: `compose` writes values for what is there, and the engine has the
//! task's own plan judge them; `decisions` says what is taken back. Of the configuration, what a fresh server holds as well is left out:
//! what is absent is not managed. What the values have no word for is named.

mod compose;
mod composing;
mod configuration;
mod decisions;
mod patterns;
mod projects;
mod registries;
mod retention;
mod robots;
mod settings;
mod webhooks;

use clap::Args;
use evenkeel_core::{
    report::Failure,
    values::{Problems, SecretValue, Values},
};
use evenkeel_engine::{
    export::{Export, Exported, LoadedValues, Place, Settings, document::Node, secrets::reference_or, settled},
    task::Context,
};

use crate::{
    Error, Harbor,
    desired::{self, Administration},
    observe::Observed,
};
use compose::Server;

/// What an export of a Harbor can be told beside what every export can.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Harbor")]
pub struct HarborExportOptions {
    /// The server's address; `harbor.url` where values have it
    #[arg(long, value_name = "URL", env = "EVENKEEL_HARBOR_URL")]
    pub url: Option<String>,
    /// The administrator's name
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// The environment variable that holds the password
    #[arg(long, value_name = "VARIABLE", default_value = "HARBOR_ADMIN_PASSWORD")]
    pub password_env: String,
}

impl Export for Harbor {
    type Options = HarborExportOptions;
    type Administration = Administration;
    type Found = Observed;

    const NAMES: &'static [&'static str] = &["client", "teamPrefix", "platformAdmin", "allTeamsAdmin"];

    fn settings(options: &HarborExportOptions, settings: &mut Settings) -> Result<(), Failure> {
        settings.require("--url", options.url.is_some())?;
        settings.require("--username", options.username.is_some())?;
        settings.platform_name("platform");
        settings.set("harbor.url", options.url.as_deref());
        settings.set("harbor.admin.username", options.username.as_deref());
        let password = options.username.as_ref().map(|_| options.password_env.as_str());
        settings.set("harbor.admin.password.fromEnv", password);
        Ok(())
    }

    fn login_secrets(values: &Values) -> Vec<SecretValue> {
        values.harbor.iter().map(|harbor| harbor.admin.password.clone()).collect()
    }

    fn administration(loaded: LoadedValues<'_>) -> Result<Administration, Problems> {
        desired::administration(loaded.values, loaded.document, loaded.secrets)
    }

    fn login(values: &Values, administration: &Administration) -> Option<Node> {
        let harbor = values.harbor.as_ref()?;
        let admin = Node::map([
            ("username", Some(Node::Text(harbor.admin.username.clone()))),
            ("password", Some(reference_or(&harbor.admin.password, "HARBOR_ADMIN_PASSWORD"))),
        ]);
        Some(Node::map([
            ("url", Some(Node::Text(administration.public_address.clone()))),
            ("internalUrl", harbor.internal_url.as_ref().map(|url| Node::Text(url.to_string()))),
            ("registryHost", harbor.registry_host.clone().map(Node::Text)),
            ("admin", Some(admin)),
        ]))
    }

    async fn reach(place: &Place<Administration>, context: &Context) -> Result<Self, Error> {
        Self::log_in(&place.administration, String::new(), context).await
    }

    async fn survey(&self, _: &HarborExportOptions) -> Result<Observed, Error> {
        self.read_everything().await
    }

    fn exported(place: &Place<Administration>, observed: &Observed) -> Exported {
        settled(&Server { place, observed })
    }
}
