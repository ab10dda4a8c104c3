//! What a server does not have: fields that its version does not know, of which it names one and refuses the whole body, and flows
//! that nobody has made. The rest of an object is written all the same.

use evenkeel_core::field::Field;
use evenkeel_keycloak_client::types::ClientRepresentation;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, Keycloak, plan::Operation};

/// Under these, people choose the keys themselves: no representation knows them.
const FREE: [&str; 5] = ["attributes", "config", "smtpServer", "annotations", "validations"];

impl Keycloak {
    /// What the server is, for messages.
    fn name_of_server(&self) -> String {
        evenkeel_engine::task::Task::server(self).unwrap_or_else(|| "keycloak".to_owned())
    }

    /// A required action that the server does not have.
    pub(super) fn unknown_action(&self, action: &str) -> Error {
        Error::UnknownAction { server: self.name_of_server(), action: action.to_owned() }
    }

    /// What could not be written of an object, after all else is.
    pub(super) fn all_is_written(&self, fields: Vec<String>, flow: Option<String>) -> Result<(), Error> {
        match flow {
            Some(flow) => Err(Error::UnknownFlow { flow }),
            None if fields.is_empty() => Ok(()),
            None => Err(Error::UnknownFields { server: self.name_of_server(), fields }),
        }
    }
}

impl Operation {
    /// The operation without a field of the representation that it writes; `None` where it writes no such field.
    pub(super) fn without_field(&self, field: &str) -> Option<Self> {
        Some(match self {
            Self::UpdateRealm(body) => Self::UpdateRealm(without(&**body, field)?),
            Self::UpdateEvents(body) => Self::UpdateEvents(without(&**body, field)?),
            Self::SetRequiredAction(body) => Self::SetRequiredAction(without(&**body, field)?),
            Self::UpdateUserProfile(body) => Self::UpdateUserProfile(without(&**body, field)?),
            Self::CreateClientScope(body) => Self::CreateClientScope(without(&**body, field)?),
            Self::UpdateClientScope(body) => Self::UpdateClientScope(without(&**body, field)?),
            Self::CreateMapper(owner, body) => Self::CreateMapper(owner.clone(), without(&**body, field)?),
            Self::UpdateMapper(owner, id, body) => {
                Self::UpdateMapper(owner.clone(), id.clone(), without(&**body, field)?)
            }
            Self::CreateRole(body) => Self::CreateRole(without(&**body, field)?),
            Self::UpdateRole(body) => Self::UpdateRole(without(&**body, field)?),
            Self::CreateGroup(path, body) => Self::CreateGroup(path.clone(), without(&**body, field)?),
            Self::UpdateGroup(path, body) => Self::UpdateGroup(path.clone(), without(&**body, field)?),
            Self::CreateClient(body) => Self::CreateClient(without(&**body, field)?),
            Self::UpdateClient(body) => Self::UpdateClient(without(&**body, field)?),
            Self::CreateClientRole(client, body) => Self::CreateClientRole(client.clone(), without(&**body, field)?),
            Self::UpdateClientRole(client, body) => Self::UpdateClientRole(client.clone(), without(&**body, field)?),
            Self::CreateIdentityProvider(body) => Self::CreateIdentityProvider(without(&**body, field)?),
            Self::UpdateIdentityProvider(body) => Self::UpdateIdentityProvider(without(&**body, field)?),
            _ => return None,
        })
    }

    /// The client's operation without its bindings to a flow; `None` where it has none to it.
    pub(super) fn without_flow(&self, flow: &str) -> Option<Self> {
        let unbound = |client: &ClientRepresentation| {
            let bound = client.authentication_flow_binding_overrides.as_ref()?;
            bound.values().any(|alias| alias == flow).then_some(())?;
            let others = bound.iter().filter(|(_, alias)| *alias != flow);
            let others = Some(others.map(|(usage, alias)| (usage.clone(), alias.clone())).collect());
            Some(Box::new(ClientRepresentation { authentication_flow_binding_overrides: others, ..client.clone() }))
        };
        match self {
            Self::CreateClient(client) => unbound(client).map(Self::CreateClient),
            Self::UpdateClient(client) => unbound(client).map(Self::UpdateClient),
            _ => None,
        }
    }

    /// Whether it makes an object. What a new one lacks, the next look finds, and its update names.
    pub(super) const fn makes(&self) -> bool {
        matches!(
            self,
            Self::CreateRealm(_)
                | Self::CreateClientScope(_)
                | Self::CreateMapper(..)
                | Self::CreateRole(_)
                | Self::CreateGroup(..)
                | Self::CreateClient(_)
                | Self::CreateClientRole(..)
                | Self::CreateIdentityProvider(_)
        )
    }
}

/// The representation without a field, at whatever depth it has it.
pub(super) fn without<T: Serialize + DeserializeOwned>(body: &T, field: &str) -> Option<Box<T>> {
    let mut fields = Field::of(body).ok()?;
    take_out(&mut fields, field).then_some(())?;
    fields.into_typed().ok().map(Box::new)
}

fn take_out(value: &mut Field, field: &str) -> bool {
    match value {
        Field::Map(fields) => {
            // A list of attributes is one of representations.
            let is_list = |value: &Field| matches!(value, Field::List(_));
            let inside = |(name, value): &(&String, &mut Field)| is_list(value) || !FREE.contains(&name.as_str());
            fields.remove(field).is_some()
                || fields.iter_mut().filter(inside).fold(false, |taken, (_, value)| take_out(value, field) || taken)
        }
        Field::List(items) => items.iter_mut().map(|item| take_out(item, field)).filter(|taken| *taken).count() > 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_keycloak_client::types::RealmRepresentation;

    use super::*;

    #[test]
    fn a_key_that_people_chose_is_no_field_of_a_representation() {
        let attributes = [("displayName".to_owned(), "theirs".to_owned())].into();
        let name = Some("Ours".to_owned());
        let realm = RealmRepresentation { attributes: Some(attributes), display_name: name, ..Default::default() };
        let without_name = without(&realm, "displayName").unwrap();
        assert_eq!((&without_name.display_name, &without_name.attributes), (&None, &realm.attributes));
        assert!(without(&*without_name, "displayName").is_none());
    }
}
