//! One export: values for the login, then reading, then values from what was read.

use std::{path::Path, sync::Arc};

use evenkeel_core::report::{Failure, RequestCounts};
use evenkeel_core::values::{Problems, SecretValue};
use tokio::time::Instant;

use super::{Export, ExportOptions, Exported, LoadedValues, Place, Settings, folder};
use crate::{
    bounds::Bounds,
    cluster::ClusterAccess,
    exit_code::ExitCode,
    lease::RunLease,
    run::{Ending, Surroundings, in_time, load_off_runtime, read, resolve_off_runtime},
    sessions::Sessions,
    task::Context,
};

/// How an export ended.
#[derive(Debug)]
pub struct FinishedExport {
    /// The exit code for it.
    pub exit_code: ExitCode,
    /// The values; `None` when it did not come so far.
    pub exported: Option<Exported>,
    /// The requests made.
    pub requests: RequestCounts,
    /// What is wrong with the values for the login.
    pub problems: Option<Problems>,
    /// The errors that ended it.
    pub failures: Vec<Failure>,
}

/// Reads the application and makes values of it. Nothing is written anywhere.
pub async fn export<T: Export>(
    options: &ExportOptions,
    own: &T::Options,
    surroundings: &Surroundings,
) -> FinishedExport {
    let mut requests = RequestCounts::default();
    // Boxed: a task's futures are large, and every level that holds one would hold it on the stack.
    match Box::pin(attempt::<T>(options, own, surroundings, &mut requests)).await {
        Ok(exported) => {
            let exit_code = match () {
                () if !exported.still_differs.is_empty() => ExitCode::Unexpected,
                () if !exported.unread.is_empty() => ExitCode::NotAuthorised,
                () => ExitCode::Converged,
            };
            FinishedExport { exit_code, exported: Some(exported), requests, problems: None, failures: Vec::new() }
        }
        Err(Ending { code, failures, problems }) => {
            FinishedExport { exit_code: code, exported: None, requests, problems, failures }
        }
    }
}

async fn attempt<T: Export>(
    options: &ExportOptions,
    own: &T::Options,
    surroundings: &Surroundings,
    requests: &mut RequestCounts,
) -> Result<Exported, Ending> {
    let begin = Instant::now();
    check_folder(options)?;
    let deadline = begin + options.timeout;
    let mask = surroundings.secrets.mask();
    let connection = surroundings.cluster.clone().unwrap_or_else(|| options.cluster.connection());
    // An export writes nothing, so it holds no lease.
    let lease = RunLease::default();
    let bounds = Bounds {
        concurrency: options.concurrency.get(),
        deadline,
        timeout: options.timeout,
        stop: &surroundings.stop,
        lease: &lease,
    };
    let context = Context {
        sessions: Sessions::new(options.concurrency, deadline.into_std(), mask.clone()),
        secrets: Arc::clone(&surroundings.secrets),
        cluster: ClusterAccess::new(connection, T::NAME, options.concurrency, deadline.into_std(), mask.clone()),
        vault: Arc::default(),
    };
    let place = in_time(&bounds, Box::pin(place::<T>(options, own, &context))).await?;
    let task = {
        let _step = surroundings.progress.waiting("connecting");
        read(&bounds, Box::pin(T::reach(&place, &context))).await?
    };
    let found = {
        let _step = surroundings.progress.waiting("reading");
        read(&bounds, Box::pin(task.survey(own))).await
    };
    *requests = context.sessions.requests();
    Ok(T::exported(&place, &found?))
}

fn check_folder(options: &ExportOptions) -> Result<(), Ending> {
    match &options.out {
        out if out == Path::new("-") => Ok(()),
        out => folder::check(out, options.force).map_err(|failure| Ending::failed(ExitCode::Configuration, failure)),
    }
}

/// The login comes from the options, on top of values where there are some.
async fn place<T: Export>(
    options: &ExportOptions,
    own: &T::Options,
    Context { secrets, cluster, .. }: &Context,
) -> Result<Place<T::Administration>, Ending> {
    let mut settings = Settings::new(!options.values.paths.is_empty());
    T::settings(own, &mut settings).map_err(|failure| Ending::failed(ExitCode::Usage, failure))?;
    let mut options = options.values.clone();
    options.set.extend(settings.into_settings());
    let (values, document) = load_off_runtime(&options, T::definitions(), true).await?;
    let bundle = values.platform.ca_bundle.iter().map(|bundle| bundle.0.clone());
    let needed: Vec<SecretValue> = T::login_secrets(&values).into_iter().chain(bundle).collect();
    secrets.fetch(&needed, cluster).await.map_err(|errors| Ending::of_secrets(&errors))?;
    resolve_off_runtime(secrets, needed).await.map_err(|errors| Ending::of_secrets(&errors))?;
    let administration = T::administration(LoadedValues { values: &values, document: &document, secrets })
        .map_err(Ending::of_problems)?;
    Ok(Place::new::<T>(&values, administration))
}
