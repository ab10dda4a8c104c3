//! Updates of objects that Keycloak changes with one PUT.

use std::collections::BTreeSet;

use evenkeel_core::overlay;
use evenkeel_keycloak_client::types::{
    ClientRepresentation, ClientScopeRepresentation, RealmRepresentation, RoleRepresentation, UpConfig,
};
use evenkeel_transport::ResultExt;

use crate::{Error, Keycloak, error::WithContext};

impl Keycloak {
    /// Omitted fields stay, but maps (`attributes`, `smtpServer`) are replaced. Unless the SMTP password is
    /// what changes, its mask is sent back: the server keeps what it has (server-behaviour 2.5). 26.0 stores the security
    /// headers among the attributes and loses them with an update of those alone.
    pub(super) async fn update_realm(&self, declared: &RealmRepresentation, with_password: bool) -> Result<(), Error> {
        let name = declared.realm.as_deref().unwrap_or_default();
        let mut declared = declared.clone();
        if let Some(mail) = declared.smtp_server.as_mut().filter(|_| !with_password) {
            mail.remove("password");
        }
        let there = self.client.realm_get().realm(name).send().await.api().context("read", "realm", name)?;
        let mut body = overlay::partial(&there, &with_whole_policies(&there, &declared)?)?;
        if body.attributes.is_some() {
            body.browser_security_headers = body.browser_security_headers.or(there.browser_security_headers);
        }
        self.client.realm_update().realm(name).body(body).send().await.api().context("update", "realm", name).map(drop)
    }

    /// An update replaces the whole profile: attributes and groups of other people go along.
    pub(super) async fn update_user_profile(&self, declared: &UpConfig) -> Result<(), Error> {
        let realm = self.realm();
        let there = self.client.user_profile_get().realm(realm).send().await.api().context(
            "read",
            "user profile of realm",
            realm,
        )?;
        let attributes = overlay::elements(
            there.attributes.as_deref().unwrap_or_default(),
            declared.attributes.as_deref().unwrap_or_default(),
            |attribute| attribute.name.clone(),
        )?;
        let groups = overlay::elements(
            there.groups.as_deref().unwrap_or_default(),
            declared.groups.as_deref().unwrap_or_default(),
            |group| group.name.clone(),
        )?;
        let rest = UpConfig { attributes: None, groups: None, ..declared.clone() };
        let body = UpConfig { attributes: Some(attributes), groups: Some(groups), ..overlay::whole(&there, &rest)? };
        self.client
            .user_profile_update()
            .realm(realm)
            .body(body)
            .send()
            .await
            .api()
            .context("update", "user profile of realm", realm)
            .map(drop)
    }

    /// The name is required; attributes are merged, and mappers stay.
    pub(super) async fn update_client_scope(&self, declared: &ClientScopeRepresentation) -> Result<(), Error> {
        let name = declared.name.as_deref().unwrap_or_default();
        let id = self.client_scope_id(name).await?;
        let there =
            self.client.client_scope_get().realm(self.realm()).client_scope_id(&id).send().await.api().context(
                "read",
                "client scope",
                name,
            )?;
        let body = ClientScopeRepresentation { protocol_mappers: None, ..overlay::whole(&there, declared)? };
        let request = self.client.client_scope_update().realm(self.realm()).client_scope_id(id).body(body);
        request.send().await.api().context("update", "client scope", name).map(drop)
    }

    /// The whole role: without a name Keycloak 26.0 loses it, and an absent description is deleted.
    pub(super) async fn update_role(&self, declared: &RoleRepresentation) -> Result<(), Error> {
        let name = declared.name.as_deref().unwrap_or_default();
        let id = self.role_id(name).await?;
        self.overlay_role(&id, declared, "role", name).await
    }

    /// Lays declared fields over those of a role, of the realm or of a client.
    pub(super) async fn overlay_role(
        &self,
        id: &str,
        declared: &RoleRepresentation,
        kind: &'static str,
        described: &str,
    ) -> Result<(), Error> {
        let there = self.client.role_by_id_get().realm(self.realm()).role_id(id).send().await;
        let body = overlay::whole(&there.api().context("read", kind, described)?, declared)?;
        let request = self.client.role_update().realm(self.realm()).role_id(id).body(body);
        request.send().await.api().context("update", kind, described).map(drop)
    }

    /// Declared fields only, and always the web origins: a PUT without them derives them anew from the
    /// redirect URIs where none are stored. Without its front-channel switch, 26.0 turns that on in a client that came with the realm.
    /// The mappers must not go along: a list of them is a full sync.
    pub(super) async fn update_client(&self, declared: &ClientRepresentation) -> Result<(), Error> {
        let name = declared.client_id.as_deref().unwrap_or_default();
        let id = self.client_id(name).await?;
        let there = self
            .client
            .client_get()
            .realm(self.realm())
            .client_uuid(&id)
            .send()
            .await
            .api()
            .context("read", "client", name)?;
        let body = overlay::partial(&there, &self.with_flow_ids(declared).await?)?;
        let web_origins = body.web_origins.clone().or(there.web_origins);
        let frontchannel_logout = body.frontchannel_logout.or(there.frontchannel_logout);
        let body = ClientRepresentation { web_origins, frontchannel_logout, protocol_mappers: None, ..body };
        self.client
            .client_update()
            .realm(self.realm())
            .client_uuid(id)
            .body(body)
            .send()
            .await
            .api()
            .context("update", "client", name)
            .map(drop)
    }
}

/// Fields that Keycloak takes only together: of one-time codes where the type is sent, of security keys where their name
/// for this server is. What is left out then falls back to nothing.
const POLICIES: [&str; 3] = ["otpPolicy", "webAuthnPolicyPasswordless", "webAuthnPolicy"];

/// A declared realm with the rest of each policy of which it declares a field.
fn with_whole_policies(
    there: &RealmRepresentation,
    declared: &RealmRepresentation,
) -> Result<RealmRepresentation, Error> {
    let policy = |field: &str| POLICIES.into_iter().find(|policy| field.starts_with(policy));
    let declared = overlay::fields(declared)?;
    let wanted: BTreeSet<&str> = declared.keys().filter_map(|field| policy(field)).collect();
    let mut body = overlay::fields(there)?;
    body.retain(|field, _| policy(field).is_some_and(|policy| wanted.contains(policy)));
    body.extend(declared);
    Ok(overlay::typed(body)?)
}

/// A new realm takes the policy for one-time codes as a whole or not at all: the rest of it is Keycloak's own.
pub(super) fn with_code_policy(declared: &RealmRepresentation) -> RealmRepresentation {
    let mut realm = declared.clone();
    let numbers = [
        realm.otp_policy_initial_counter,
        realm.otp_policy_digits,
        realm.otp_policy_look_ahead_window,
        realm.otp_policy_period,
    ];
    let is_declared = numbers.iter().any(Option::is_some)
        || realm.otp_policy_type.is_some()
        || realm.otp_policy_algorithm.is_some()
        || realm.otp_policy_code_reusable.is_some();
    if is_declared {
        realm.otp_policy_type.get_or_insert_with(|| "totp".to_owned());
        realm.otp_policy_algorithm.get_or_insert_with(|| "HmacSHA1".to_owned());
        realm.otp_policy_initial_counter.get_or_insert(0);
        realm.otp_policy_digits.get_or_insert(6);
        realm.otp_policy_look_ahead_window.get_or_insert(1);
        realm.otp_policy_period.get_or_insert(30);
        realm.otp_policy_code_reusable.get_or_insert(false);
    }
    realm
}
