//! Keeps copies of Secrets between namespaces equal to their sources: certificates to the namespace of the gateway, registry
//! credentials to that of the deployer.
//!
//! # What it guarantees
//!
//! - A second run writes nothing. A copy holds exactly what its source holds: what is new or changed there follows, keys that
//!   vanished go, a changed type is a delete and a create that the plan tells of. Labels and annotations of others on a copy stay.
//! - A source that cannot be read, or holds nothing yet, changes no copy: none is emptied and none is removed.
//! - A Secret that does not carry our labels is not overwritten unless `--adopt` says so, whatever its name is.
//! - Only copies that the inventory lists, by their `uid`, that carry our labels and that our field manager has written are ever
//!   deleted, and only with `--prune`: when their source or their rule is gone.
//! - Two Secrets that would become one copy never take turns: a copy stays with its source, and without one nothing is made.
//! - Certificates are looked at: one that is broken or ends soon is told of, with the days that are left. With
//!   `--require-valid` a broken one replaces nothing.
//! - A namespace that may not be read is told of, and everything else is done.
//!
//! # The order of the writes
//!
//! Copies do not depend on each other, so that there is none. The source is read again right before its copy is written; when it
//! is not what the plan was made for, the run looks again.
//!
//! Rules and rights are in `docs/copy-certs.md`; "server-behaviour" in comments is the source of what is said about Kubernetes.

mod apply;
pub mod certificate;
pub mod content;
pub mod desired;
mod error;
pub mod labelling;
pub mod names;
pub mod observe;
pub mod plan;
mod wanted;

use std::{collections::BTreeSet, sync::Arc};

use clap::{Args, builder::BoolishValueParser};
use evenkeel_core::{
    memory::{Memory, Ownership, Sight},
    object::{Kind, ObjectId},
    plan::{Change, Plan, PlanError},
    values::{Document, Problems, SecretValue, Values},
};
use evenkeel_engine::{
    secrets::SecretResolver,
    target::TargetId,
    task::{Applied, Context, Task},
};
use evenkeel_kubernetes_client::Cluster;

pub use error::Error;

use crate::{certificate::Authorities, desired::Desired, observe::Observed, plan::Operation};

/// The task, with its cluster.
#[derive(Debug)]
pub struct CopyCerts {
    cluster: Cluster,
    authorities: Authorities,
    require_valid: bool,
}

/// The options that not every task has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct RunOptions {
    /// Try every secret that was handed out, also those that worked before and have not changed since
    // This task hands out none that could be tried. The option is taken, so that one command line and one environment do for several tasks.
    #[arg(long, env = "EVENKEEL_VERIFY_SECRETS", value_parser = BoolishValueParser::new(), help_heading = "Secrets", display_order = 0)]
    pub verify_secrets: bool,
    /// Copy no certificate that does not work: expired, not yet valid, with another's key, or without the certificates between it
    /// and its authority
    #[arg(long, env = "EVENKEEL_REQUIRE_VALID", value_parser = BoolishValueParser::new(), help_heading = "Certificates")]
    pub require_valid: bool,
}

/// The whole of `evenkeel-copy-certs`. Here, so that the run of this task is compiled once, for every program that has it.
#[must_use]
pub fn main() -> std::process::ExitCode {
    evenkeel_engine::main_of::<CopyCerts>()
}

impl Task for CopyCerts {
    const NAME: &'static str = names::TASK;
    const ABOUT: &'static str = "Keep copies of Secrets and certificates between namespaces equal to their sources";
    type Desired = Desired;
    type Observed = Observed;
    type Operation = Operation;
    type Error = Error;
    type RunOptions = RunOptions;

    fn definitions() -> Vec<(&'static str, serde_json::Value)> {
        Vec::new()
    }

    fn required_secrets(values: &Values) -> Vec<SecretValue> {
        desired::required_secrets(values)
    }

    fn desired(values: &Values, document: &Document, secrets: &SecretResolver) -> Result<Desired, Problems> {
        Desired::from_values(values, document, secrets)
    }

    async fn connect(desired: &Desired, options: &RunOptions, context: &Context) -> Result<Self, Error> {
        let cluster = context.cluster.connected().await?.clone();
        let authorities = Authorities::new(desired.ca_bundle.as_ref());
        Ok(Self { cluster, authorities, require_valid: options.require_valid })
    }

    fn target_id(desired: &Desired) -> TargetId {
        TargetId::new(names::TASK, [&desired.platform])
    }

    fn target(id: &TargetId) -> String {
        format!("copies of Secrets of platform `{}`", id.parts().join(" "))
    }

    fn unversioned_key(id: &TargetId) -> Option<String> {
        let [platform] = id.parts() else { return None };
        Some(format!("copies of Secrets of platform `{platform}`"))
    }

    async fn observe(&self, desired: &Desired, ownership: &Ownership) -> Result<Observed, Error> {
        Ok(self.read(desired, ownership).await?)
    }

    fn plan(desired: &Desired, observed: &Observed, memory: &Memory) -> Result<Plan<Operation>, PlanError> {
        plan::plan(desired, observed, memory)
    }

    fn declared(desired: &Desired, observed: &Observed) -> BTreeSet<ObjectId> {
        plan::declared(desired, observed)
    }

    const RELATIONS: &'static [Kind] = &[names::COPY_RULE];

    fn selectable(desired: &Desired, observed: &Observed) -> BTreeSet<ObjectId> {
        let mut objects = plan::declared(desired, observed);
        objects.extend(observed.targets.keys().map(|namespace| ObjectId::new(names::NAMESPACE, namespace.as_str())));
        objects.extend(desired.rules.iter().map(|rule| ObjectId::new(names::COPY_RULE, Arc::clone(&rule.text))));
        objects
    }

    fn sight(_: &Desired, observed: &Observed, object: &ObjectId) -> Sight {
        observed.sight(object)
    }

    fn makes_anew(operation: &Operation) -> bool {
        matches!(operation, Operation::Recreate(..))
    }

    fn existing(desired: &Desired, observed: &Observed) -> Vec<ObjectId> {
        plan::existing(desired, observed)
    }

    async fn apply(&self, _: &Desired, change: &Change<Operation>) -> Result<Applied, Error> {
        self.write(change).await
    }
}
