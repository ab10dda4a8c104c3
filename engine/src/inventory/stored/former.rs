//! A target that has another key than in the run before: what is known of it is found under its former one.

use evenkeel_core::memory::Memory;

use super::{InventoryError, StoredInventory};

impl StoredInventory {
    /// Other targets of which something is known, by their keys; none where something is known of this one.
    pub(crate) fn others_than_a_new_one(&self) -> Vec<String> {
        let known: Vec<String> = self.journal.targets().map(ToString::to_string).collect();
        if known.iter().any(|name| **name == *self.target) { Vec::new() } else { known }
    }

    /// What is known of another target.
    pub(crate) fn memory_of(&self, target: &str) -> Memory {
        self.journal.memory(target)
    }

    /// What is known of that target is known of this one: they are the same. Nothing is written.
    pub(crate) fn was_called(&mut self, former: &str) {
        self.former = Some(former.to_owned());
        self.call_by_new_name();
    }

    /// What was known of this target before keys had a version is known of it, unless something newer is. Nothing is written; it is
    /// moved under its key with the first write.
    pub(crate) fn take_over_unversioned(&mut self, key: &str) {
        let is_known = |key: &str| self.journal.targets().any(|known| **known == *key);
        if is_known(key) && !is_known(&self.target) {
            self.was_called(key);
        }
    }

    /// Stores that the target has another key.
    ///
    /// # Errors
    ///
    /// When it cannot be stored.
    pub(crate) async fn store_new_name(&mut self) -> Result<(), InventoryError> {
        if self.store.is_open() {
            self.store.close();
        }
        self.open_store().await
    }

    /// Under its new name, after each reading of what is stored under the former one.
    pub(super) fn call_by_new_name(&mut self) {
        if let Some(former) = &self.former {
            self.journal.rename(former, &self.target);
        }
    }
}
