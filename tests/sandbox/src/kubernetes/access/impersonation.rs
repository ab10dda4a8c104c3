//! Requests in the name of somebody else.

use super::{Question, User, access};
use crate::kubernetes::answer::Failure;
use crate::kubernetes::request::Request;
use crate::kubernetes::world::World;

const GROUPS: &str = "impersonate-group";

/// As whom a request counts. Who may not speak for another is refused with an odd verb (contract `roles`).
pub(crate) fn effective(world: &World, user: User, request: &Request) -> Result<User, Failure> {
    let Some(name) = request.header("impersonate-user") else { return Ok(user) };
    let group = request.header(GROUPS);
    let asks = [Some(("users", name)), group.map(|group| ("groups", group))];
    let may = asks.into_iter().flatten().all(|(resource, name)| {
        let question = Question { verb: "impersonate", resource, name, ..Question::default() };
        access(world, &user).allowed(&question).is_some()
    });
    if may {
        let groups = group.into_iter().chain(["system:authenticated"]).map(str::to_owned).collect();
        return Ok(User { name: name.to_owned(), uid: String::new(), groups, credential: None });
    }
    let verb = format!("impersonate-on:user-info:{}", request.verb());
    let refused = match &request.target {
        Some(target) => access(world, &user).target(&verb, target, request.name_for_roles()),
        None => access(world, &user).path(&verb, &request.path),
    };
    refused.map(|()| user)
}
