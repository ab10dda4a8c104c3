//! A target that is called otherwise than in the run before: what is known of it is found under its former name.

use evenkeel_core::memory::Memory;

use super::{InventoryError, StoredInventory};

impl StoredInventory {
    /// Other targets of which something is known, by their names; none where something is known of this one.
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

    /// Stores that the target has another name.
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
