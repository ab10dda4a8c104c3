//! May I?

use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};

use crate::{
    Cluster, KubernetesError,
    call::{Call, Verb},
    objects::JSON,
};

/// A right, in the words of RBAC rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access<'a> {
    /// Such as `get`, `list`, `create`, `patch`, `delete`.
    pub verb: &'a str,
    /// The API group; empty for the core.
    pub group: &'a str,
    /// Such as `secrets`.
    pub resource: &'a str,
    /// The namespace; `None` asks about all.
    pub namespace: Option<&'a str>,
    /// The name; `None` asks about all.
    pub name: Option<&'a str>,
}

impl Cluster {
    /// Whether the account that asks has a right. The answer is 201 also when it is no (server-behaviour 9), and counts as a read.
    ///
    /// Everybody who is logged in may ask (`system:basic-user`).
    ///
    /// # Errors
    /// Any failure of asking.
    pub async fn may(&self, access: &Access<'_>) -> Result<bool, KubernetesError> {
        let text = |text: &str| Some(text.to_owned());
        let attributes = ResourceAttributes {
            verb: text(access.verb),
            group: text(access.group),
            resource: text(access.resource),
            namespace: access.namespace.map(str::to_owned),
            name: access.name.map(str::to_owned),
            ..ResourceAttributes::default()
        };
        let spec = SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), ..Default::default() };
        let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
        let call = Call::many::<SelfSubjectAccessReview>(Verb::Review, None);
        let call = call.sending(JSON, &review)?;
        let answer: SelfSubjectAccessReview = self.answer(&call).await?;
        Ok(answer.status.is_some_and(|status| status.allowed))
    }
}
