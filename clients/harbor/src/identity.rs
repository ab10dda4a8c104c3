//! What Harbor's refusals mean for a robot and the administrator beside it.

use std::{future::Future, pin::Pin};

use evenkeel_transport::{ApiError, ErrorBody, IdentityRules, Operation, Permission, Session};

use crate::{Client, database::database_is_away, error::says_read_only, types::Failure};

/// The rules of [`identities`](crate::identities).
pub(crate) struct HarborIdentities {
    /// What a robot must be permitted for an operation, where it may send it.
    pub(crate) permission: fn(&Operation) -> Option<Permission>,
}

impl IdentityRules for HarborIdentities {
    fn permission(&self, operation: &Operation) -> Option<Permission> {
        (self.permission)(operation)
    }

    /// In read-only mode the administrator would be told the same.
    fn refuses_everybody(&self, body: &[u8]) -> bool {
        serde_json::from_slice::<Failure>(body).is_ok_and(|failure| says_read_only(&failure.message()))
    }

    /// While its database is away, Harbor refuses every login.
    fn login_excuse<'a>(
        &'a self,
        session: &'a Session,
        base: &'a str,
    ) -> Pin<Box<dyn Future<Output = Option<ApiError>> + Send + 'a>> {
        let client = Client::new_with_client(base, session.http().clone(), session.clone());
        Box::pin(async move { database_is_away(&client).await })
    }
}
