//! Clients that the server lets nobody change: from 26.7 on `realm-management`, with its roles, mappers and scopes, also where
//! the change would change nothing. The server says so with `access`, which is the same for an account that may manage no client:
//! that one is shown by the others.

use evenkeel_keycloak_client::types::ClientRepresentation;

use crate::names::REALM_MANAGEMENT;

/// Whether nobody may change this client of a realm.
pub(crate) fn is_protected<'a>(
    client: &ClientRepresentation,
    others: impl Iterator<Item = &'a ClientRepresentation>,
) -> bool {
    let may_manage = |client: &ClientRepresentation| client.access.as_ref()?.get("manage").copied();
    let is_other = |other: &&ClientRepresentation| other.client_id != client.client_id;
    client.client_id.as_deref() == Some(REALM_MANAGEMENT)
        && may_manage(client) == Some(false)
        && others.filter(is_other).map(may_manage).reduce(|one, two| one.max(two)) != Some(Some(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str, manage: bool) -> ClientRepresentation {
        let access = std::iter::once(("manage".to_owned(), manage)).collect();
        ClientRepresentation { client_id: Some(name.to_owned()), access: Some(access), ..Default::default() }
    }

    /// 26.7.3 and 26.0.7 answered so to an administrator, and to an account that may only view clients.
    #[test]
    fn an_account_that_may_manage_no_client_lacks_a_right() {
        let protected = |management, others: &[ClientRepresentation]| {
            is_protected(&client(REALM_MANAGEMENT, management), others.iter())
        };
        assert!(protected(false, &[client("app", true), client(REALM_MANAGEMENT, false)]), "26.7");
        assert!(protected(false, &[]), "26.7, and nothing else is declared");
        assert!(!protected(true, &[client("app", true)]), "26.0");
        assert!(!protected(false, &[client("app", false)]), "the account may view clients, and no more");
        assert!(!is_protected(&client("app", false), [client("other", true)].iter()));
    }
}
