//! The values for what was found, under the decisions of the moment.

use evenkeel_engine::export::{
    NeededSecret,
    document::{Layer, Node},
    secrets::Secrets,
};
use evenkeel_transport::check_segment;
use serde_json::{Map, Value};

use super::{
    beyond, clients, decisions::Decisions, fresh::Fresh, groups, kinds, left_out::LeftOut, missing, people,
    place::Place, realm, survey::Found,
};

/// What the values imply of single fields when nobody declares them.
#[derive(Clone, Debug, Default)]
pub(super) struct ImpliedFields {
    /// Of the realm.
    pub realm: Map<String, Value>,
    /// Of the client that the applications share.
    pub client: Map<String, Value>,
}

/// Values in the making.
pub(super) struct Composing<'a> {
    pub place: &'a Place,
    pub found: &'a Found,
    pub fresh: &'a Fresh,
    pub implied: &'a ImpliedFields,
    pub decisions: &'a Decisions,
    pub secrets: Secrets,
    remarks: Vec<LeftOut>,
}

/// Values, and what goes with them.
pub(super) struct Composed {
    pub layers: Vec<Layer>,
    pub secrets: Vec<NeededSecret>,
}

impl<'a> Composing<'a> {
    pub(super) fn new(
        place: &'a Place,
        found: &'a Found,
        fresh: &'a Fresh,
        implied: &'a ImpliedFields,
        decisions: &'a Decisions,
    ) -> Self {
        Self { place, found, fresh, implied, decisions, secrets: Secrets::of("keycloak"), remarks: Vec::new() }
    }

    /// Notes what is there and cannot be declared.
    pub(super) fn remark(&mut self, left_out: impl Into<LeftOut>) {
        self.remarks.push(left_out.into());
    }

    /// Whether values can name an object; one that they cannot is told.
    pub(super) fn can_name(&mut self, kind: &str, name: &str) -> bool {
        match check_segment(name) {
            Ok(()) => true,
            Err(why) => {
                self.remark(LeftOut::Unnameable { kind: kind.to_owned(), name: name.to_owned(), why });
                false
            }
        }
    }

    /// Whether values can have a list with all of these names; one that they cannot is told. A declared list is the whole list, so
    /// that one name must not be missing.
    pub(super) fn can_list<'n>(&mut self, what: &str, names: impl IntoIterator<Item = &'n String>) -> bool {
        let refused = names.into_iter().find_map(|name| Some((name, check_segment(name).err()?)));
        if let Some((name, why)) = refused {
            self.remark(LeftOut::ListOfUnnameable { list: what.to_owned(), name: name.clone(), why });
        }
        refused.is_none()
    }

    /// Whether a role or group of this name follows from a team, or from the platform's names.
    pub(super) fn is_implied(&self, name: &str) -> bool {
        let names = &self.place.names;
        let administrators = [&names.platform_admin, &names.all_teams_admin, &names.team_admin];
        let team = name.strip_prefix(names.team_prefix.as_str());
        self.decisions.administrators && administrators.iter().any(|administrator| administrator.as_str() == name)
            || team.is_some_and(|team| self.decisions.teams.contains(team))
    }

    /// Whether several users may have one email address.
    pub(super) fn shares_emails(&self) -> bool {
        self.found.realm.as_ref().and_then(|realm| realm.duplicate_emails_allowed) == Some(true)
    }

    /// The role that every user has, and with it those inside.
    pub(super) fn default_role(&self) -> Option<&'a str> {
        self.found.realm.as_ref()?.default_role.as_ref()?.name.as_deref()
    }

    /// Every layer, in the order in which they are read.
    pub(super) fn composed(mut self) -> Composed {
        let platform = self.place.values.clone().merged(Node::map([("keycloak", self.parts_of_others())]));
        let teams = Node::map([("teams", people::teams(&self))]);
        let users = Node::map([("users", people::users(&mut self))]);
        let of_users = std::mem::take(&mut self.remarks);
        let keycloak = Node::map([
            ("realm", realm::settings(&mut self)),
            ("clientScopes", clients::scopes(&mut self)),
            ("roles", groups::roles(&mut self)),
            ("groups", groups::groups(&mut self)),
            ("defaultRoles", groups::default_roles(&mut self)),
            ("requiredActions", kinds::required_actions(&mut self)),
            ("userProfile", kinds::user_profile(&mut self)),
            ("identityProviders", kinds::identity_providers(&mut self)),
            ("client", clients::shared(&mut self)),
            ("clients", clients::clients(&mut self)),
        ]);
        let keycloak = Node::map([("keycloak", Some(keycloak).filter(|keycloak| !keycloak.is_empty()))]);
        self.remark_what_values_cannot_say();
        let layer = |name, title, remarks: Vec<LeftOut>, content| Layer {
            name,
            title,
            remarks: remarks.iter().map(ToString::to_string).collect(),
            content,
        };
        let layers = vec![
            layer("00-platform.yaml", "The platform, and how to log in.", Vec::new(), platform),
            layer("20-teams.yaml", "Teams: each is a role and a group.", Vec::new(), teams),
            layer("30-users.yaml", "Local accounts. Passwords stay as they are.", of_users, users),
            layer("40-keycloak.yaml", "What the realm holds beside a fresh one.", self.remarks, keycloak),
        ];
        Composed { layers, secrets: self.secrets.into_needed() }
    }

    /// What the realm does not keep of the team contract.
    fn parts_of_others(&self) -> Option<Node> {
        let Decisions { administrators, client, openid_scope, user_profile, nicknames, .. } = self.decisions;
        let parts = [
            ("administrators", administrators),
            ("client", client),
            ("openidScope", openid_scope),
            ("userProfile", user_profile),
            ("nicknames", nicknames),
        ];
        let parts = parts.into_iter().filter(|(_, kept)| !**kept).map(|(part, _)| (part, Some(Node::Bool(false))));
        let parts = Node::map(parts);
        (!parts.is_empty()).then(|| Node::map([("implied", Some(parts))]))
    }

    fn remark_what_values_cannot_say(&mut self) {
        for (path, why) in &self.found.odd_groups {
            self.remarks.push(LeftOut::Group { path: path.clone(), why: why.clone() });
        }
        self.remarks.extend(beyond::left_out(self.found, self.fresh));
        self.remarks.extend(missing::left_out(self.found, self.fresh));
    }
}
