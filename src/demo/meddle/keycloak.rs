//! What they do to a realm.

use evenkeel_keycloak_client::{
    Administrator, Client, Credentials, connect,
    types::{ClientRepresentation, RealmRepresentation, RoleRepresentation},
};
use evenkeel_sandbox::Keycloak as Sandbox;
use evenkeel_transport::{ResultExt, Secret, Session, SessionOptions};

use super::{Example, MeddleError};

const REALM: &str = "otomi";

/// Changes things by hand, and says what.
pub(super) async fn meddle(sandbox: &Sandbox, example: &Example) -> Result<Vec<&'static str>, MeddleError> {
    let session = Session::new(SessionOptions::default())?;
    let credentials =
        Credentials::User { username: "admin".to_owned(), password: Secret::from(example.keycloak_password()) };
    let client = connect(&session, sandbox.url(), Administrator::of_master(credentials)).await?;
    weaken_the_realm(&client).await?;
    break_the_groups_claim(&client).await?;
    move_ada(&client).await?;
    rotate_the_secret(&client).await?;
    let role = RoleRepresentation { name: Some("somebody-elses-role".to_owned()), ..Default::default() };
    client.role_create().realm(REALM).body(role).send().await.api()?;
    Ok(vec![
        "switches brute force protection off",
        "takes the claim name out of the mapper that tells applications a user's groups",
        "moves Ada from team beta to team gamma",
        "gives the shared client another secret",
        "makes a role of their own (which is nobody else's business)",
    ])
}

async fn weaken_the_realm(client: &Client) -> Result<(), MeddleError> {
    let body = RealmRepresentation { brute_force_protected: Some(false), ..Default::default() };
    client.realm_update().realm(REALM).body(body).send().await.api()?;
    Ok(())
}

async fn break_the_groups_claim(client: &Client) -> Result<(), MeddleError> {
    let scopes = client.client_scope_list().realm(REALM).send().await.api()?;
    let scope = scopes
        .into_iter()
        .find(|scope| scope.name.as_deref() == Some("openid"))
        .ok_or(MeddleError::Missing("scope `openid`"))?;
    let mappers = scope.protocol_mappers.unwrap_or_default();
    let mut mapper = mappers
        .into_iter()
        .find(|mapper| mapper.name.as_deref() == Some("groups"))
        .ok_or(MeddleError::Missing("mapper `groups`"))?;
    if let Some(config) = &mut mapper.config {
        config.remove("claim.name");
    }
    let (scope, id) = (scope.id.unwrap_or_default(), mapper.id.clone().unwrap_or_default());
    client.client_scope_mapper_update().realm(REALM).client_scope_id(scope).id(id).body(mapper).send().await.api()?;
    Ok(())
}

async fn move_ada(client: &Client) -> Result<(), MeddleError> {
    let users = client.user_list().realm(REALM).email("ada@example.com").exact(true).send().await.api()?;
    let ada = users.into_iter().find_map(|user| user.id).ok_or(MeddleError::Missing("user `ada@example.com`"))?;
    let groups = client.group_list().realm(REALM).send().await.api()?;
    let id =
        |name: &str| groups.iter().find(|group| group.name.as_deref() == Some(name)).and_then(|group| group.id.clone());
    let beta = id("team-beta").ok_or(MeddleError::Missing("group `team-beta`"))?;
    let gamma = id("team-gamma").ok_or(MeddleError::Missing("group `team-gamma`"))?;
    client.user_group_leave().realm(REALM).user_id(&ada).group_id(beta).send().await.api()?;
    client.user_group_join().realm(REALM).user_id(&ada).group_id(gamma).send().await.api()?;
    Ok(())
}

async fn rotate_the_secret(client: &Client) -> Result<(), MeddleError> {
    let found = client.client_list().realm(REALM).client_id("otomi").send().await.api()?;
    let id = found.into_iter().find_map(|client| client.id).ok_or(MeddleError::Missing("client `otomi`"))?;
    let body = ClientRepresentation { secret: Some(Secret::from("made-by-hand")), ..Default::default() };
    client.client_update().realm(REALM).client_uuid(id).body(body).send().await.api()?;
    Ok(())
}
