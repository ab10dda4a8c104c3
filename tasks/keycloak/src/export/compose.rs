//! The values for what was found, under the decisions of the moment.

use std::sync::Arc;

use evenkeel_core::plan::ChangeDocument;
use evenkeel_engine::export::{Composed, Composer, Composition, Decisions, Place, document::Node, judge};

use super::{
    beyond, clients, composing::Composing, decisions, found::Found, fresh::Fresh, groups, implied::ImpliedFields,
    kinds, left_out::LeftOut, missing, observed::observed, people, realm,
};
use crate::{Keycloak, desired::Administration, observe::Observed};

/// A realm, and what it is compared with.
pub(super) struct Realm<'a> {
    place: &'a Place<Administration>,
    found: &'a Found,
    fresh: Fresh,
    implied: ImpliedFields,
    /// What a plan compares with the values; `None` where nobody may see the realm, so that there is nothing to judge.
    observed: Option<Observed>,
}

impl<'a> Realm<'a> {
    pub(super) fn new(place: &'a Place<Administration>, found: &'a Found) -> Self {
        Self {
            place,
            found,
            fresh: Fresh::of(place.names.realm.as_str(), found.realm.as_ref()),
            implied: ImpliedFields::of_values(),
            observed: found.realm.is_some().then(|| observed(found)),
        }
    }
}

impl Composition for Realm<'_> {
    const APPLICATION: &'static str = "keycloak";
    type Decisions = decisions::Decisions;

    fn first_decisions(&self) -> decisions::Decisions {
        decisions::Decisions::first(&self.place.names, self.found)
    }

    fn composed(&self, decisions: &Decisions<decisions::Decisions>) -> Composed {
        let composer = Composer::new(Self::APPLICATION, &decisions.not_kept);
        let Self { place, found, fresh, implied, .. } = self;
        composed(Composing { place, found, fresh, implied, decisions: &decisions.own, composer })
    }

    fn changes(&self, composed: &Composed) -> Result<Vec<Arc<ChangeDocument>>, String> {
        let observed = self.observed.as_ref();
        observed.map_or_else(|| Ok(Vec::new()), |observed| judge::changes::<Keycloak>(composed, observed))
    }

    fn take_back(&self, decisions: &mut decisions::Decisions, change: &ChangeDocument) {
        decisions.take_back(&self.place.names, change);
    }
}

/// Every layer, in the order in which they are read.
fn composed(mut composing: Composing<'_>) -> Composed {
    let platform = composing.place.values.clone().merged(Node::map([("keycloak", parts_of_others(&composing))]));
    composing.composer.layer("00-platform.yaml", "The platform, and how to log in.", platform);

    let teams = Node::map([("teams", people::teams(&composing))]);
    composing.composer.layer("20-teams.yaml", "Teams: each is a role and a group.", teams);

    let users = Node::map([("users", people::users(&mut composing))]);
    composing.composer.layer("30-users.yaml", "Local accounts. Passwords stay as they are.", users);

    let keycloak = Node::map([
        ("realm", realm::settings(&mut composing)),
        ("clientScopes", clients::scopes(&mut composing)),
        ("roles", groups::roles(&mut composing)),
        ("groups", groups::groups(&mut composing)),
        ("defaultRoles", groups::default_roles(&mut composing)),
        ("requiredActions", kinds::required_actions(&mut composing)),
        ("userProfile", kinds::user_profile(&mut composing)),
        ("identityProviders", kinds::identity_providers(&mut composing)),
        ("client", clients::shared(&mut composing)),
        ("clients", clients::clients(&mut composing)),
    ]);
    let keycloak = Node::map([("keycloak", keycloak.filled())]);
    remark_what_values_cannot_say(&mut composing);
    composing.composer.layer("40-keycloak.yaml", "What the realm holds beside a fresh one.", keycloak);
    composing.composer.composed()
}

/// What the realm does not keep of the team contract.
fn parts_of_others(composing: &Composing<'_>) -> Option<Node> {
    let decisions::Decisions { administrators, client, openid_scope, user_profile, nicknames, .. } =
        composing.decisions;
    let parts = [
        ("administrators", administrators),
        ("client", client),
        ("openidScope", openid_scope),
        ("userProfile", user_profile),
        ("nicknames", nicknames),
    ];
    let parts = parts.into_iter().filter(|(_, kept)| !**kept).map(|(part, _)| (part, Some(Node::Bool(false))));
    Node::map(parts).filled().map(|parts| Node::map([("implied", Some(parts))]))
}

fn remark_what_values_cannot_say(composing: &mut Composing<'_>) {
    let Composing { found, fresh, .. } = *composing;
    for (path, why) in &found.odd_groups {
        composing.remark(LeftOut::Group { path: path.clone(), why: why.clone() });
    }
    for left_out in beyond::left_out(found, fresh).into_iter().chain(missing::left_out(found, fresh)) {
        composing.remark(left_out);
    }
}
