//! An inventory whose text is stored somewhere: what is known, what is still to be written, and in which
//! order. Where the text is does not matter here.

use std::{collections::BTreeMap, fs::File, path::PathBuf, sync::Arc};

use evenkeel_core::{
    field_path::FieldPath,
    memory::{Claim, DigestKey, HiddenSecret, Memory, Written},
    object::ObjectId,
};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::{
    Inventory, InventoryError, State,
    journal::{Journal, Line, NotReadable},
    secret::SecretStore,
};
use crate::{
    home::Home,
    storage::{StorageError, StorageLocation, TextFile, default_path},
};

/// Where the text is.
#[derive(Debug)]
enum Store {
    /// There is no place for it: nothing is kept, and nothing can be.
    Nowhere,
    File(TextFile),
    Secret(Box<SecretStore>),
}

/// A text that is to be read.
enum Text {
    /// From its beginning.
    File(File),
    Secret(SecretString),
}

impl Store {
    fn location(&self) -> StorageLocation {
        match self {
            Self::Nowhere => StorageLocation::File(PathBuf::new()),
            Self::File(store) => store.location(),
            Self::Secret(store) => store.location(),
        }
    }

    /// Whether nobody else is known to have written since the text was last read.
    fn is_open(&self) -> bool {
        match self {
            Self::Nowhere => false,
            Self::File(store) => store.is_open(),
            Self::Secret(store) => store.is_open(),
        }
    }

    async fn read(&self) -> Result<Option<Text>, InventoryError> {
        match self {
            Self::Nowhere => Ok(None),
            Self::File(store) => Ok(store.read()?.map(Text::File)),
            Self::Secret(store) => Ok(store.read().await?.map(Text::Secret)),
        }
    }

    /// Keeps other writers out, or has them noticed, from now on. Returns the text.
    async fn open(&mut self) -> Result<Option<Text>, InventoryError> {
        match self {
            Self::Nowhere => Err(InventoryError::NoPlace),
            Self::File(store) => Ok(store.open()?.map(Text::File)),
            Self::Secret(store) => Ok(store.open().await?.map(Text::Secret)),
        }
    }

    /// Lets others write.
    fn close(&mut self) {
        match self {
            Self::Nowhere => {}
            Self::File(store) => store.close(),
            Self::Secret(store) => store.close(),
        }
    }

    /// Adds lines to what is there, durably. A store that fails is closed.
    async fn append(&mut self, lines: &str) -> Result<(), InventoryError> {
        match self {
            Self::Nowhere => Err(InventoryError::NoPlace),
            Self::File(store) => Ok(store.append(lines)?),
            Self::Secret(store) => store.append(lines).await,
        }
    }

    /// Replaces what is there in one step, durably. A store that fails is closed.
    async fn rewrite(&mut self, text: &str) -> Result<(), InventoryError> {
        match self {
            Self::Nowhere => Err(InventoryError::NoPlace),
            Self::File(store) => Ok(store.rewrite(text.as_bytes())?),
            Self::Secret(store) => store.rewrite(text).await,
        }
    }
}

/// An inventory in a file or in the cluster.
#[derive(Debug)]
pub(crate) struct StoredInventory {
    store: Store,
    target: Arc<str>,
    /// How the target was called before, if that was found out in this run.
    former: Option<String>,
    journal: Journal,
    notes: Vec<Line>,
    /// What was known of announced objects before, where anything was: true again if their create turns out not to have happened.
    unannounced: BTreeMap<ObjectId, Claim>,
    /// What was known of announced secrets before: true again if their write turns out not to have happened.
    before: BTreeMap<(ObjectId, FieldPath), Option<Written>>,
}

impl StoredInventory {
    /// Reads the inventory of a task for a target. Where there is none, it is empty. Nothing is written.
    ///
    /// # Errors
    ///
    /// When it is there, but cannot be read or is not this task's.
    pub(crate) async fn open(home: Home, (platform, task): (&str, &str), target: &str) -> Result<Self, InventoryError> {
        let store = match home {
            Home::File(path) => match path.or_else(|| default_path(platform, task)) {
                Some(path) => Store::File(TextFile::new(path, "lock")),
                None => Store::Nowhere,
            },
            Home::Cluster(home) => Store::Secret(Box::new(SecretStore::new(home, platform, task))),
        };
        let mut inventory = Self::with(store, target, Journal::new(platform, task));
        inventory.reload().await?;
        Ok(inventory)
    }

    fn with(store: Store, target: &str, journal: Journal) -> Self {
        Self {
            store,
            target: target.into(),
            former: None,
            journal,
            notes: Vec::new(),
            unannounced: BTreeMap::new(),
            before: BTreeMap::new(),
        }
    }

    async fn write(&mut self) -> Result<(), InventoryError> {
        if self.notes.is_empty() {
            return Ok(());
        }
        if !self.store.is_open() {
            self.open_store().await?;
        }
        let mut text = String::new();
        for line in &self.notes {
            line.write(&mut text);
        }
        // One write, and durable before this returns. After a failure the store is closed, so that the
        // next write finds out what is there.
        self.store.append(&text).await?;
        self.notes.clear();
        Ok(())
    }

    /// Takes in what other runs wrote meanwhile, and brings the text into a state to which lines can be added.
    async fn open_store(&mut self) -> Result<(), InventoryError> {
        let opened = self.bring_up_to_date().await;
        if opened.is_err() {
            self.store.close();
        }
        opened
    }

    async fn bring_up_to_date(&mut self) -> Result<(), InventoryError> {
        let text = self.store.open().await?;
        self.read(text)?;
        if self.journal.needs_key() {
            self.journal.set_key(random_key()?);
        }
        if self.journal.needs_rewriting() {
            self.store.rewrite(&self.journal.text()).await?;
            self.journal.rewritten();
        }
        self.apply_notes();
        Ok(())
    }

    #[expect(clippy::disallowed_methods, reason = "the text holds the key of its digests")]
    fn read(&mut self, text: Option<Text>) -> Result<(), InventoryError> {
        let read = match text {
            Some(Text::File(mut file)) => self.journal.read(Some(&mut file)),
            Some(Text::Secret(text)) => self.journal.read(Some(&mut text.expose_secret().as_bytes())),
            None => self.journal.read(None),
        };
        let location = self.store.location();
        read.map_err(|error| match error {
            NotReadable::Io(error) => StorageError::unreadable(location, &error).into(),
            NotReadable::Damaged { line } => InventoryError::Damaged { location, line },
            NotReadable::Newer { format } => InventoryError::Newer { location, format },
            NotReadable::Foreign { platform, task } => InventoryError::Foreign { location, platform, task },
        })?;
        self.call_by_new_name();
        Ok(())
    }

    fn apply_notes(&mut self) {
        for line in &self.notes {
            self.journal.apply(line.clone());
        }
    }

    fn add(&mut self, line: Line) {
        self.journal.apply(line.clone());
        self.notes.push(line);
    }
}

impl Inventory for StoredInventory {
    fn memory(&self) -> Memory {
        self.journal.memory(&self.target)
    }

    async fn announce(&mut self, objects: &[ObjectId]) -> Result<(), InventoryError> {
        let before: Vec<Option<Claim>> =
            objects.iter().map(|object| self.journal.claim(&self.target, object).cloned()).collect();
        let (noted, since) = (self.notes.len(), Timestamp::now().as_second());
        for object in objects {
            self.add(Line::of_object(&self.target, object, Some(Claim::Announced { since })));
        }
        let written = self.write().await;
        if let Err(error) = &written {
            self.notes.truncate(noted);
            // What could not be announced will not be created, and is not ours. Lines that reached the
            // store nevertheless are contradicted by the next write.
            let may_be_stored = error.leaves_doubt();
            for (object, claim) in objects.iter().zip(before) {
                let line = Line::of_object(&self.target, object, claim);
                self.journal.apply(line.clone());
                self.notes.extend(may_be_stored.then_some(line));
            }
        } else {
            let known = objects.iter().zip(before).filter_map(|(object, claim)| Some((object.clone(), claim?)));
            self.unannounced.extend(known);
        }
        written
    }

    async fn announce_secrets(&mut self, object: &ObjectId, secrets: &[HiddenSecret]) -> Result<(), InventoryError> {
        for HiddenSecret { path, .. } in secrets {
            let known = self.journal.written(&self.target, object, path).cloned();
            self.before.insert((object.clone(), path.clone()), known);
            self.add(Line::of_secret(&self.target, object, path, Some(Written::Announced)));
        }
        let written = self.write().await;
        if written.is_err() {
            self.take_back_secrets(object, secrets);
        }
        written
    }

    fn take_back(&mut self, object: &ObjectId) {
        let known = self.unannounced.remove(object);
        self.add(Line::of_object(&self.target, object, known));
    }

    fn note_secrets(&mut self, object: &ObjectId, secrets: &[HiddenSecret]) {
        for secret in secrets {
            if let Some(digest) = self.journal.digest(object, secret) {
                self.add(Line::of_secret(&self.target, object, &secret.path, Some(Written::Digest(digest))));
            }
        }
    }

    fn take_back_secrets(&mut self, object: &ObjectId, secrets: &[HiddenSecret]) {
        for HiddenSecret { path, .. } in secrets {
            if let Some(before) = self.before.remove(&(object.clone(), path.clone())) {
                self.add(Line::of_secret(&self.target, object, path, before));
            }
        }
    }

    fn note(&mut self, object: &ObjectId, state: State) {
        self.unannounced.remove(object);
        let claim = match state {
            State::Owned => Some(Claim::ByName),
            State::Known(identity) => Some(Claim::This(identity)),
            State::Gone => None,
        };
        self.add(Line::of_object(&self.target, object, claim));
    }

    async fn reload(&mut self) -> Result<(), InventoryError> {
        let text = self.store.read().await?;
        self.read(text)?;
        self.apply_notes();
        Ok(())
    }

    async fn store(&mut self) -> Result<(), InventoryError> {
        self.write().await
    }
}

fn random_key() -> Result<DigestKey, InventoryError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| InventoryError::NoKey { reason: error.to_string() })?;
    Ok(DigestKey::new(&bytes))
}

mod former;
#[cfg(test)]
mod tests;
