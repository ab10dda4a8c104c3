//! The same server at another address: what is remembered of it is found under the address of before.
//!
//! Who it is shows in the ids that it has given to what is there: no other server has them. Until that is seen, nothing that was kept
//! for another address is used, since it may be somebody else who answers now.

use std::sync::Arc;

use evenkeel_core::{
    memory::{Claim, Memory, Ownership, Sight},
    object::{Kind, ObjectId},
    plan::Note,
};

use super::{Ending, Record, Session};
use crate::{inventory::StoredInventory, target::TargetId, task::Task, vault::Vault};

impl<T: Task> Session<'_, T> {
    /// Looks whether a server of which nothing is known is one that was known by another name, and takes up what is remembered of it.
    /// It costs one look more, where the inventory knows other servers only. `writes` says whether this may be written down.
    pub(super) async fn recognise(
        &self,
        inventory: &mut StoredInventory,
        vault: &Arc<Vault>,
        record: &mut Record,
        writes: bool,
    ) -> Result<(), Ending> {
        let others = inventory.others_than_a_new_one();
        if others.is_empty() {
            return Ok(());
        }
        let observed = self.observe(&Ownership::default()).await?;
        let sight = |object: &ObjectId| T::sight(self.desired, &observed, object);
        let Some(former) =
            others.into_iter().find(|other| is_same(&inventory.memory_of(other), T::identifies_server, sight))
        else {
            return Ok(());
        };
        inventory.was_called(&former);
        vault.was_called(&former);
        let object = ObjectId::new(Kind::new("server"), T::NAME);
        let called = TargetId::of_key(T::NAME, &former).map_or(former, |id| T::target(&id));
        let message = format!("is the same that was known as {called}: what is remembered of that holds for it");
        record.note([Note { object, message }]);
        if writes {
            self.has_to_look_again(inventory).await?;
            inventory.store_new_name().await.map_err(|error| Ending::of_error(&error))?;
            vault.keep_under_new_name().await.map_err(|error| Ending::of_error(&error))?;
        }
        Ok(())
    }
}

/// Whether most of what is remembered by its id is there with this very id. What others have made anew meanwhile has another one.
/// Only ids that no other server gives out count (`identifies`).
fn is_same(memory: &Memory, identifies: impl Fn(&ObjectId) -> bool, sight: impl Fn(&ObjectId) -> Sight) -> bool {
    let (mut same, mut others) = (0_usize, 0_usize);
    for (object, claim) in memory.ownership.iter().filter(|(object, _)| identifies(object)) {
        if let (Claim::This(known), Sight::This(seen)) = (claim, sight(object)) {
            let counter = if *known == seen { &mut same } else { &mut others };
            *counter += 1;
        }
    }
    same > others
}

#[cfg(test)]
mod tests {
    use evenkeel_core::memory::Identity;

    use super::*;

    fn object(name: &str) -> ObjectId {
        ObjectId::new(Kind::new("thing"), name)
    }

    fn remembering(ids: &[(&str, &str)]) -> Memory {
        let claims = ids.iter().map(|(name, id)| (object(name), Claim::This(Identity::new(*id))));
        let ownership: Ownership = claims.collect();
        ownership.into()
    }

    fn seeing(ids: &'static [(&'static str, &'static str)]) -> impl Fn(&ObjectId) -> Sight {
        move |sought| {
            let found = ids.iter().find(|(name, _)| object(name) == *sought);
            found.map_or(Sight::Absent, |(_, id)| Sight::This(Identity::new(*id)))
        }
    }

    fn everything(_: &ObjectId) -> bool {
        true
    }

    #[test]
    fn a_server_is_known_by_the_ids_that_it_gave_and_not_by_names() {
        let memory = remembering(&[("a", "1"), ("b", "2"), ("c", "3")]);
        assert!(is_same(&memory, everything, seeing(&[("a", "1"), ("b", "2")])));
        assert!(is_same(&memory, everything, seeing(&[("a", "1"), ("b", "2"), ("c", "9")])), "one was made anew");
        assert!(!is_same(&memory, everything, seeing(&[("a", "7"), ("b", "8"), ("c", "3")])), "a chance");
        assert!(!is_same(&memory, everything, seeing(&[])), "an empty server is nobody");
        assert!(!is_same(&Memory::default(), everything, seeing(&[("a", "1")])), "nothing is remembered");
        assert!(!is_same(&memory, |_| false, seeing(&[("a", "1"), ("b", "2")])), "others give out such ids too");
    }
}
