//! Which objects are ours, and which very object is meant by each name (law 5).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::object::{Kind, ObjectId};

/// What the server itself knows an object by, and what another object of the same name does not have: its id, with whatever
/// tells it from one of a server that begins to count anew. Made by a task, compared only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity(Arc<str>);

impl Identity {
    /// The identity that a server's id gives.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What an observation shows of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nobody has looked, or the account may not see it.
    Unknown,
    /// It is not there.
    Absent,
    /// It is there.
    There,
    /// It is there, and this is it.
    This(Identity),
}

impl Sight {
    /// An object that is there, with the id that the server shows.
    pub fn of(id: Option<impl Into<Arc<str>>>) -> Self {
        id.map_or(Self::There, |id| Self::This(Identity::new(id)))
    }

    /// An object of a list, where `id` gives the id of a row.
    pub fn among<'a, T, I: Into<Arc<str>>>(row: Option<&'a T>, id: impl FnOnce(&'a T) -> Option<I>) -> Self {
        row.map_or(Self::Absent, |row| Self::of(id(row)))
    }

    /// Whether it is there.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        matches!(self, Self::There | Self::This(_))
    }
}

/// How an object came to be ours, and how well it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A create of it was sent a short time ago, and no reading has shown it yet: it may still come about.
    Announced {
        /// When it was announced, in seconds since the beginning of 1970 (UTC).
        since: i64,
    },
    /// We made or adopted an object of this name. Which one that was is not known: nothing has been read since, or the inventory is
    /// an older one.
    ByName,
    /// It is the object with this identity.
    This(Identity),
}

/// Which objects of a target this tool made or was told to adopt: the only ones it may ever delete.
///
/// Whoever clones it shares it: what is known of many objects is in memory once, until one of its holders changes it while others
/// hold it too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ownership(Arc<BTreeMap<ObjectId, Claim>>);

impl Ownership {
    /// What is known of an object of ours. An older inventory may know it by its joined names only.
    #[must_use]
    pub fn claim(&self, object: &ObjectId) -> Option<&Claim> {
        self.0.get(object).or_else(|| self.0.get(&object.joined()?))
    }

    /// Whether the object is ours.
    #[must_use]
    pub fn contains(&self, object: &ObjectId) -> bool {
        self.claim(object).is_some()
    }

    /// Whether it is known which object of this name is ours. No other one is deleted.
    #[must_use]
    pub fn knows(&self, object: &ObjectId) -> bool {
        matches!(self.claim(object), Some(Claim::This(_)))
    }

    /// Our objects of one kind, in the order of their names.
    pub fn of_kind<'a>(&'a self, kind: &Kind) -> impl Iterator<Item = &'a ObjectId> + use<'a> {
        let kind = kind.clone();
        self.0.keys().filter(move |object| *object.kind() == kind)
    }

    /// All of our objects.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectId, &Claim)> {
        self.0.iter()
    }

    /// How many objects are ours.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is ours.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Learns how an object is ours from now on.
    pub fn insert(&mut self, object: ObjectId, claim: Claim) {
        if let Some(joined) = object.joined() {
            self.remove(&joined);
        }
        Arc::make_mut(&mut self.0).insert(object, claim);
    }

    /// The object is not ours any more.
    pub fn remove(&mut self, object: &ObjectId) {
        if self.0.contains_key(object) {
            Arc::make_mut(&mut self.0).remove(object);
        }
    }
}

impl FromIterator<(ObjectId, Claim)> for Ownership {
    fn from_iter<I: IntoIterator<Item = (ObjectId, Claim)>>(claims: I) -> Self {
        Self(Arc::new(claims.into_iter().collect()))
    }
}

/// Objects of which only the names are known.
impl FromIterator<ObjectId> for Ownership {
    fn from_iter<I: IntoIterator<Item = ObjectId>>(objects: I) -> Self {
        objects.into_iter().map(|object| (object, Claim::ByName)).collect()
    }
}

/// What an observation says of the objects that an inventory takes for ours, where that is news.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Objects that are seen to be there, and what is known of them from now on: which one is ours, where they have an id.
    pub learnt: Vec<(ObjectId, Claim)>,
    /// Objects that are gone.
    pub gone: BTreeSet<ObjectId>,
    /// Objects that are gone, where others have the name now.
    pub replaced: BTreeSet<ObjectId>,
}

impl Judgement {
    /// Whether nothing is news.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.learnt.is_empty() && self.gone.is_empty() && self.replaced.is_empty()
    }

    /// What is ours with this news.
    #[must_use]
    pub fn told_to(self, mut ownership: Ownership) -> Ownership {
        for (object, claim) in self.learnt {
            ownership.insert(object, claim);
        }
        for object in self.gone.iter().chain(&self.replaced) {
            ownership.remove(object);
        }
        ownership
    }
}

impl Ownership {
    /// Compares what is taken for ours with what is there. Which object is meant by a name is learnt of `declared` objects only:
    /// whatever has the name of an object that nobody declares any more may be anybody's.
    #[must_use]
    pub fn judged(&self, declared: BTreeSet<ObjectId>, sight: impl Fn(&ObjectId) -> Sight) -> Judgement {
        let (mut learnt, mut gone, mut replaced) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for (object, claim) in self.iter() {
            let seen = match sight(object) {
                Sight::Unknown => sight(&object.apart()),
                seen => seen,
            };
            match (claim, seen) {
                // It is made again now, and another one of its name would have another id.
                (Claim::This(_), Sight::Absent) if declared.contains(object) => {}
                (Claim::ByName | Claim::This(_), Sight::Absent) => drop(gone.insert(object.clone())),
                (Claim::This(known), Sight::This(seen)) if *known != seen => drop(replaced.insert(object.clone())),
                // A relation has no id: once it was seen, it is gone when it is not there.
                (Claim::Announced { .. }, Sight::There) => learnt.push((object.clone(), Claim::ByName)),
                _ => {}
            }
        }
        for object in declared {
            // Of an older inventory, under its joined names.
            if let Some(Claim::ByName | Claim::Announced { .. }) = self.claim(&object)
                && let Sight::This(identity) = sight(&object)
            {
                learnt.push((object, Claim::This(identity)));
            }
        }
        Judgement { learnt, gone, replaced }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: Kind = Kind::new("role");
    const MAPPER: Kind = Kind::new("protocol-mapper");

    fn role() -> ObjectId {
        ObjectId::new(ROLE, "a")
    }

    fn this(id: &str) -> Claim {
        Claim::This(Identity::new(id))
    }

    fn seen(id: &str) -> Sight {
        Sight::This(Identity::new(id))
    }

    const ANNOUNCED: Claim = Claim::Announced { since: 1 };

    /// The news, and what is ours with it.
    fn judged(claim: Claim, is_declared: bool, seen: Sight) -> (Judgement, Ownership) {
        let ownership: Ownership = [(role(), claim)].into_iter().collect();
        let declared = is_declared.then(role).into_iter().collect();
        let judgement =
            ownership.judged(declared, |object| if *object == role() { seen.clone() } else { Sight::Unknown });
        (judgement.clone(), judgement.told_to(ownership))
    }

    #[test]
    fn another_object_of_the_name_is_not_ours() {
        for is_declared in [true, false] {
            let (judgement, ownership) = judged(this("1"), is_declared, seen("2"));
            assert!(judgement.replaced.contains(&role()) && !ownership.contains(&role()));
            assert!(judged(this("1"), is_declared, seen("1")).1.knows(&role()));
        }
    }

    #[test]
    fn a_name_learns_which_object_it_means_only_while_it_is_declared() {
        for claim in [Claim::ByName, ANNOUNCED] {
            assert!(judged(claim.clone(), true, seen("1")).1.knows(&role()));
            let (_, undeclared) = judged(claim, false, seen("1"));
            assert!(undeclared.contains(&role()) && !undeclared.knows(&role()));
        }
    }

    #[test]
    fn what_is_not_there_is_gone_unless_its_create_may_still_come_about() {
        for (claim, is_declared) in [(Claim::ByName, true), (Claim::ByName, false), (this("1"), false)] {
            let (judgement, ownership) = judged(claim, is_declared, Sight::Absent);
            assert!(judgement.gone.contains(&role()) && !ownership.contains(&role()));
        }
        assert!(judged(this("1"), true, Sight::Absent).1.contains(&role()), "it is ours to make again");
        assert!(judged(ANNOUNCED, false, Sight::Absent).1.contains(&role()));
    }

    #[test]
    fn a_relation_that_was_seen_once_is_gone_when_it_is_not_there() {
        for is_declared in [true, false] {
            let (seen, ownership) = judged(ANNOUNCED, is_declared, Sight::There);
            assert_eq!((seen.learnt, ownership.claim(&role())), (vec![(role(), Claim::ByName)], Some(&Claim::ByName)));
        }
        assert!(judged(Claim::ByName, true, Sight::There).0.is_empty(), "nothing is new of it");
        assert_eq!(judged(Claim::ByName, true, Sight::Absent).0.gone, BTreeSet::from([role()]));
        assert!(judged(ANNOUNCED, true, Sight::Absent).0.is_empty(), "it does not show yet");
    }

    #[test]
    fn what_nobody_looked_at_stays_as_it_was() {
        for sight in [Sight::Unknown, Sight::There] {
            let (judgement, ownership) = judged(this("1"), false, sight);
            assert!(ownership.knows(&role()) && judgement.is_empty());
        }
    }

    #[test]
    fn an_object_of_an_older_inventory_is_learnt_under_its_own_names() {
        let joined = ObjectId::new(MAPPER, "app/x");
        let apart = ObjectId::within(MAPPER, "app", "x");
        let ownership: Ownership = [joined.clone()].into_iter().collect();
        let sight = |object: &ObjectId| if *object == apart { seen("1") } else { Sight::Unknown };
        let judgement = ownership.judged(BTreeSet::from([apart.clone()]), sight);
        assert_eq!(judgement.told_to(ownership.clone()), [(apart.clone(), this("1"))].into_iter().collect());
        let absent = |object: &ObjectId| if *object == apart { Sight::Absent } else { Sight::Unknown };
        assert_eq!(ownership.judged(BTreeSet::new(), absent).gone, BTreeSet::from([joined]));
    }
    #[test]
    fn who_changes_what_others_hold_too_changes_nothing_for_them() {
        let before: Ownership = [role()].into_iter().collect();
        let mut after = before.clone();
        after.remove(&role());
        assert!(before.contains(&role()) && after.is_empty());
    }
}
