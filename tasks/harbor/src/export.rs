//! Values from a live Harbor, such that a plan on them is empty but for this task's own robot: how an existing installation is
//! adopted.
//!
//! The server is read as a whole, and everything else is pure: `compose` writes values for what is there, `settle` has the task's own
//! plan judge them, and takes back what the plan would change. Of the configuration, what a fresh server holds as well is left out:
//! what is absent is not managed. What the values have no word for is named.

mod compose;
mod configuration;
mod decisions;
mod place;
mod projects;
mod registries;
mod retention;
mod robots;
mod settings;
mod settle;
mod webhooks;

use clap::Args;
use evenkeel_core::{
    report::Failure,
    values::{Document, Problems, SecretValue, Values},
};
use evenkeel_engine::{
    export::{Export, Exported, setting},
    secrets::SecretResolver,
    task::Context,
};

use crate::{Error, Harbor, desired, observe::Observed};

pub(crate) use compose::{Composing, list, text};
pub use place::Place;
pub(crate) use settings::label;

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
    type Place = Place;
    type Found = Observed;

    fn settings(options: &HarborExportOptions, has_values: bool) -> Result<Vec<String>, Failure> {
        if !has_values {
            for (there, name) in [(options.url.is_some(), "--url"), (options.username.is_some(), "--username")] {
                if !there {
                    let message = format!("`{name}` is missing");
                    let hint = format!("give `{name}`, or values for the login with `--values`");
                    return Err(Failure { message, hint: Some(hint) });
                }
            }
        }
        // People will choose a better name.
        let mut settings = if has_values { Vec::new() } else { vec![setting("platform.name", "platform")] };
        let texts = [("harbor.url", &options.url), ("harbor.admin.username", &options.username)];
        settings.extend(texts.into_iter().filter_map(|(path, text)| Some(setting(path, text.as_deref()?))));
        if options.username.is_some() {
            settings.push(setting("harbor.admin.password.fromEnv", &options.password_env));
        }
        Ok(settings)
    }

    fn place_secrets(values: &Values) -> Vec<SecretValue> {
        let admin = values.harbor.as_ref().map(|harbor| harbor.admin.password.clone());
        admin.into_iter().chain(values.platform.ca_bundle.iter().map(|bundle| bundle.0.clone())).collect()
    }

    fn place(values: &Values, document: &Document, secrets: &SecretResolver) -> Result<Place, Problems> {
        Ok(Place::new(values, desired::administration(values, document, secrets)?))
    }

    async fn reach(place: &Place, context: &Context) -> Result<Self, Error> {
        Self::log_in(&place.administration, String::new(), context).await
    }

    async fn survey(&self, _: &Place, _: &HarborExportOptions) -> Result<Observed, Error> {
        self.read_everything().await
    }

    fn exported(place: &Place, found: &Observed, _: &HarborExportOptions) -> Exported {
        settle::settled(place, found)
    }
}
