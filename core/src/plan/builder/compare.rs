//! How what is declared differs from what is there, and what of it is managed.

use std::borrow::Cow;

use serde::{Serialize, de::DeserializeOwned};

use super::{AddedChange, Dependencies, Origin, PlanBuilder};
use crate::{
    declared::Declared,
    diff::{Difference, Recollection, Rules},
    field::Field,
    object::ObjectId,
    overlay,
    plan::Action,
};

impl<O> PlanBuilder<'_, O> {
    /// Adds a change if the fields that are managed differ from what is there, or the object is not, and a note if some cannot be seen.
    /// Managed are all fields of an object that is ours or about to be made; of another one those that people wrote (law 11). The
    /// operation gets the managed fields.
    pub fn compare<T: Serialize + DeserializeOwned + Clone>(
        &mut self,
        object: ObjectId,
        declared: &Declared<T>,
        observed: Option<&T>,
        rules: Rules,
        dependencies: Dependencies,
        operation: impl FnOnce(Action, Box<T>) -> O,
    ) -> AddedChange<'_, O> {
        let Some(managed) = self.managed(&object, declared, observed, rules) else { return AddedChange(None) };
        let found = self.difference(&object, &*managed, observed, rules);
        let Some((action, difference)) = found else { return AddedChange(None) };
        let difference = difference.caused_by(&declared.field_causes);
        let operation = operation(action, Box::new(managed.into_owned()));
        self.push(object, action, difference, Origin::of(declared), dependencies, operation)
    }

    /// The same for a view: what is compared of an object in place of its representation. All of a view's fields are managed.
    pub fn compare_view<V: Serialize>(
        &mut self,
        object: ObjectId,
        declared: &Declared<V>,
        observed: Option<&V>,
        rules: Rules,
        dependencies: Dependencies,
        operation: impl FnOnce(Action) -> O,
    ) -> AddedChange<'_, O> {
        let found = self.difference(&object, &declared.value, observed, rules);
        let Some((action, difference)) = found else { return AddedChange(None) };
        let difference = difference.caused_by(&declared.field_causes);
        self.push(object, action, difference, Origin::of(declared), dependencies, operation(action))
    }

    /// What has to happen to an object so that its declared fields are as declared, if anything; and a note for each field that
    /// cannot be seen.
    pub fn difference<T: Serialize, U: Serialize>(
        &mut self,
        object: &ObjectId,
        declared: &T,
        observed: Option<&U>,
        rules: Rules,
    ) -> Option<(Action, Difference)> {
        let observed = observed.map(Field::of_compared);
        self.difference_of_fields(object, &Field::of_compared(declared), observed.as_ref(), rules)
    }

    /// The same of representations that are fields already.
    pub fn difference_of_fields(
        &mut self,
        object: &ObjectId,
        declared: &Field,
        observed: Option<&Field>,
        rules: Rules,
    ) -> Option<(Action, Difference)> {
        let recollection = Recollection { secrets: self.secrets, object };
        let difference = Difference::recalling(declared, observed, rules, recollection);
        let mut difference = self.without_hidden_switches(difference, observed.is_some());
        self.notes.extend(difference.notes(object));
        for change in &mut difference.changes {
            change.path = self.paths.share(change.path.clone().into()).into();
        }
        match observed {
            None => Some((Action::Create, difference)),
            Some(_) if difference.is_empty() => None,
            Some(_) => Some((Action::Update, difference)),
        }
    }

    /// How one representation differs from another, for what is only told: nothing is remembered of hidden fields, and nothing noted.
    pub fn differing<T: Serialize, U: Serialize>(&self, declared: &T, observed: &U, rules: Rules) -> Difference {
        self.differing_fields(&Field::of_compared(declared), &Field::of_compared(observed), rules)
    }

    /// The same of representations that are fields already.
    #[must_use]
    pub fn differing_fields(&self, declared: &Field, observed: &Field, rules: Rules) -> Difference {
        self.without_hidden_switches(Difference::between(declared, Some(observed), rules), true)
    }

    fn without_hidden_switches(&self, difference: Difference, is_there: bool) -> Difference {
        if self.hides_switches && is_there { difference.without_hidden_switches() } else { difference }
    }

    /// The fields that are managed; the built-in ones that differ and are not are told. `None`, with a note, for a representation that
    /// cannot be told apart so, which no generated type can cause.
    fn managed<'d, T: Serialize + DeserializeOwned + Clone>(
        &mut self,
        object: &ObjectId,
        declared: &'d Declared<T>,
        observed: Option<&T>,
        rules: Rules,
    ) -> Option<Cow<'d, T>> {
        let Some(there) = observed.filter(|_| !declared.built_in.is_empty() && !self.is_ours(object)) else {
            return Some(Cow::Borrowed(&declared.value));
        };
        let whole = self.differing(&declared.value, there, rules);
        self.left_alone.add(object, whole.changes.iter().filter_map(|change| declared.built_in_at(&change.path)));
        match overlay::without(&declared.value, &declared.built_in) {
            Ok(managed) => Some(Cow::Owned(managed)),
            Err(_) => {
                self.note(object.clone(), "cannot be compared");
                None
            }
        }
    }
}
