//! Lists that Keycloak cuts short without a word, read whole.
//!
//! Defaults of Keycloak 26 (server-behaviour 2.6): 100 users, members and identity providers, 10 groups below a group. Roles
//! come in pages, and in an order, only when `first` and `max` are both sent. Every list here sends both. Other lists (clients,
//! client scopes, mappers, flows) are whole without it.
//!
//! Each function asks for [`PAGE`] rows at a time until a page is not full, so a shorter list costs one request.

use std::num::NonZeroU32;

use evenkeel_transport::{ApiError, ResultExt, all};

use crate::{
    Client,
    types::{GroupRepresentation, IdentityProviderRepresentation, RoleRepresentation, UserRepresentation},
};

/// Rows of one page.
pub const PAGE: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);

/// All roles of a realm; `brief` leaves out attributes.
///
/// # Errors
/// As each call; also when the server does not keep to the pages.
pub async fn roles(client: &Client, realm: &str, brief: bool) -> Result<Vec<RoleRepresentation>, ApiError> {
    all(0, PAGE, |page| async move {
        let list = client.role_list().realm(realm).brief_representation(brief);
        list.first(page.first).max(page.max.get()).send().await.api()
    })
    .await
}

/// All roles of a client, by its id; `brief` leaves out attributes.
///
/// # Errors
/// As each call; also when the server does not keep to the pages.
pub async fn client_roles(
    client: &Client,
    realm: &str,
    client_uuid: &str,
    brief: bool,
) -> Result<Vec<RoleRepresentation>, ApiError> {
    all(0, PAGE, |page| async move {
        let list = client.client_role_list().realm(realm).client_uuid(client_uuid).brief_representation(brief);
        list.first(page.first).max(page.max.get()).send().await.api()
    })
    .await
}

/// All top-level groups of a realm; `brief` leaves out attributes and roles.
///
/// # Errors
/// As each call; also when the server does not keep to the pages.
pub async fn groups(client: &Client, realm: &str, brief: bool) -> Result<Vec<GroupRepresentation>, ApiError> {
    all(0, PAGE, |page| async move {
        let list = client.group_list().realm(realm).brief_representation(brief);
        list.first(page.first).max(page.max.get()).send().await.api()
    })
    .await
}

/// All groups right below a group; `brief` leaves out attributes and roles.
///
/// # Errors
/// As each call; also when the server does not keep to the pages.
pub async fn group_children(
    client: &Client,
    realm: &str,
    group_id: &str,
    brief: bool,
) -> Result<Vec<GroupRepresentation>, ApiError> {
    all(0, PAGE, |page| async move {
        let list = client.group_child_list().realm(realm).group_id(group_id).brief_representation(brief);
        list.first(page.first).max(page.max.get()).send().await.api()
    })
    .await
}

/// All users in a group; `brief` leaves out attributes.
///
/// # Errors
/// As each call; also when the server does not keep to the pages.
pub async fn group_members(
    client: &Client,
    realm: &str,
    group_id: &str,
    brief: bool,
) -> Result<Vec<UserRepresentation>, ApiError> {
    all(0, PAGE, |page| async move {
        let list = client.group_member_list().realm(realm).group_id(group_id).brief_representation(brief);
        list.first(page.first).max(page.max.get()).send().await.api()
    })
    .await
}

/// All users of a realm; `brief` leaves out attributes.
///
/// # Errors
/// As each call; also when the server does not keep to the pages.
pub async fn users(client: &Client, realm: &str, brief: bool) -> Result<Vec<UserRepresentation>, ApiError> {
    all(0, PAGE, |page| async move {
        let list = client.user_list().realm(realm).brief_representation(brief);
        list.first(page.first).max(page.max.get()).send().await.api()
    })
    .await
}

/// All groups of a user; `brief` leaves out attributes and roles.
///
/// # Errors
/// As each call; also when the server does not keep to the pages.
pub async fn user_groups(
    client: &Client,
    realm: &str,
    user_id: &str,
    brief: bool,
) -> Result<Vec<GroupRepresentation>, ApiError> {
    all(0, PAGE, |page| async move {
        let list = client.user_group_list().realm(realm).user_id(user_id).brief_representation(brief);
        list.first(page.first).max(page.max.get()).send().await.api()
    })
    .await
}

/// All identity providers of a realm; `brief` leaves out the configuration.
///
/// # Errors
/// As each call; also when the server does not keep to the pages.
pub async fn identity_providers(
    client: &Client,
    realm: &str,
    brief: bool,
) -> Result<Vec<IdentityProviderRepresentation>, ApiError> {
    all(0, PAGE, |page| async move {
        let list = client.identity_provider_list().realm(realm).brief_representation(brief);
        list.first(page.first).max(page.max.get()).send().await.api()
    })
    .await
}
