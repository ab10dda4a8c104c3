//! How a sandbox Kubernetes is started.

use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};

/// What a container of an image does on the sandbox's node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    pub(crate) exit_code: Option<i32>,
    pub(crate) exit_code_with_arguments: Option<i32>,
    /// The variable that names the index at which it ends otherwise, and how.
    pub(crate) exit_code_at_index: Option<(String, i32)>,
    /// The argument with which it sleeps before it ends as without arguments, and how long.
    pub(crate) sleeps: Option<(String, Duration)>,
    pub(crate) log: String,
}

impl Image {
    /// Ends with that code.
    #[must_use]
    pub fn exits(code: i32) -> Self {
        Self { exit_code: Some(code), exit_code_with_arguments: Some(code), ..Self::default() }
    }

    /// Runs until it is stopped.
    #[must_use]
    pub fn runs() -> Self {
        Self::default()
    }

    /// Ends with that code where it is given arguments.
    #[must_use]
    pub fn with_arguments_exits(mut self, code: i32) -> Self {
        self.exit_code_with_arguments = Some(code);
        self
    }

    /// Ends with that code where this environment variable is the index of the pod, in a job that has indexes.
    #[must_use]
    pub fn at_its_index_exits(mut self, variable: impl Into<String>, code: i32) -> Self {
        self.exit_code_at_index = Some((variable.into(), code));
        self
    }

    /// With this as its first argument it sleeps that long, and ends as without arguments.
    #[must_use]
    pub fn sleeps_with(mut self, argument: impl Into<String>, time: Duration) -> Self {
        self.sleeps = Some((argument.into(), time));
        self
    }

    /// What it prints.
    #[must_use]
    pub fn prints(mut self, log: impl Into<String>) -> Self {
        self.log = log.into();
        self
    }
}

/// What a sandbox Kubernetes needs to know to start.
#[derive(Debug, Clone)]
pub struct KubernetesOptions {
    admin_token: SecretString,
    clock: Arc<dyn Clock>,
    limits: Option<(usize, usize)>,
    node: Option<BTreeMap<String, Image>>,
    paused: bool,
}

impl KubernetesOptions {
    /// Options with the token of an administrator of the group `system:masters`; there is no default.
    pub fn new(admin_token: impl Into<SecretString>) -> Self {
        Self { admin_token: admin_token.into(), clock: Arc::new(SystemClock), limits: None, node: None, paused: false }
    }

    /// The clock that objects, tokens, watches and controllers live by; the machine's unless said otherwise.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How many reading and writing requests may be under way; more are answered with 429. Without limit unless said otherwise.
    #[must_use]
    pub fn at_most(mut self, readers: usize, writers: usize) -> Self {
        self.limits = Some((readers, writers));
        self
    }

    /// Gives the cluster a node that has these images, by reference: jobs, cron jobs, deployments and pods then live by
    /// themselves. Without a node they stay as they were written, and tests set their status.
    #[must_use]
    pub fn with_node<'a>(mut self, images: impl IntoIterator<Item = (&'a str, Image)>) -> Self {
        self.node = Some(images.into_iter().map(|(name, image)| (name.to_owned(), image)).collect());
        self
    }

    /// Starts with controllers that wait for [`Kubernetes::resume_controllers`](crate::Kubernetes::resume_controllers).
    #[must_use]
    pub fn with_controllers_paused(mut self) -> Self {
        self.paused = true;
        self
    }

    pub(crate) fn admin_token(&self) -> &SecretString {
        &self.admin_token
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    pub(crate) fn limits(&self) -> Option<(usize, usize)> {
        self.limits
    }

    pub(crate) fn node(&self) -> Option<&BTreeMap<String, Image>> {
        self.node.as_ref()
    }

    pub(crate) fn paused(&self) -> bool {
        self.paused
    }
}
