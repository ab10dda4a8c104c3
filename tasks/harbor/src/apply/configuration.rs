//! The configuration.

use std::collections::BTreeMap;

use evenkeel_core::overlay;
use evenkeel_harbor_client::{HarborError, types::Configurations};
use evenkeel_transport::ResultExt;

use super::is_refused;
use crate::{Error, Harbor, error::WithContext};

impl Harbor {
    /// One request for all keys. Where it is refused, nothing of it is kept (server-behaviour 2): then each key goes by itself, so
    /// that a wrong one does not hold up the others.
    pub(super) async fn configure(&self, keys: &Configurations) -> Result<(), Error> {
        let whole = self.put(keys).await;
        let result = match whole {
            Err(error) if is_refused(&error) => self.configure_one_by_one(keys, error).await,
            Err(error) if is_fixed(&error) => Err(Error::ConfigurationFixed),
            result => result.context("update", "configuration of", "harbor"),
        };
        if let (Ok(()), Some(prefix)) = (&result, &keys.robot_name_prefix) {
            // Every robot has another name from now on, this task's own among them.
            self.set_prefix(prefix);
            // The keys were written. Whether its secret can be read shows at the next look.
            if self.begin_as_robot().await.is_err() {
                self.access.work_as_administrator();
            }
        }
        result
    }

    async fn configure_one_by_one(&self, keys: &Configurations, whole: HarborError) -> Result<(), Error> {
        let single = match overlay::fields(keys) {
            Ok(keys) if keys.len() > 1 => keys,
            _ => return Err(self.refused_keys(keys, whole).await),
        };
        let mut refused = Vec::new();
        let mut first = None;
        for (key, value) in single {
            // The keys were of this type a moment ago.
            let Ok(one) = overlay::typed(BTreeMap::from([(key.clone(), value)])) else { continue };
            match self.put(&one).await {
                Err(error) if is_refused(&error) => {
                    refused.push(format!("`{key}`"));
                    first.get_or_insert(error);
                }
                result => result.context("update", "configuration of", "harbor")?,
            }
        }
        match first {
            Some(source) => Err(Error::KeysRefused { keys: refused.join(", "), source }),
            None => Ok(()),
        }
    }

    /// A login mode can freeze between our look and our write: somebody has just logged in for the first time.
    async fn refused_keys(&self, keys: &Configurations, source: HarborError) -> Error {
        let names = match overlay::fields(keys) {
            Ok(keys) => keys.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "),
            Err(_) => "a key".to_owned(),
        };
        if keys.auth_mode.is_some()
            && let Ok(there) = self.auth_mode().await
            && let Some(mode) = there.auth_mode.filter(|mode| mode.editable == Some(false))
        {
            return Error::AuthModeFrozen { there: mode.value.unwrap_or_default() };
        }
        Error::KeysRefused { keys: names, source }
    }

    async fn auth_mode(&self) -> Result<evenkeel_harbor_client::types::ConfigurationsResponse, HarborError> {
        Ok(self.administrator().configuration_get().send().await.api()?)
    }

    async fn put(&self, keys: &Configurations) -> Result<(), HarborError> {
        Ok(self.administrator().configuration_update().body(keys.clone()).send().await.api()?)
    }
}

/// The administrator may do everything but this (server-behaviour 2).
fn is_fixed(error: &HarborError) -> bool {
    matches!(error, HarborError::NotAuthorised(error) if error.message().contains("CONFIG_OVERWRITE_JSON"))
}
