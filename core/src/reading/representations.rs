//! Representations: objects that the values declare in the application's own words, as the application's own types.

use std::{cell::Cell, collections::BTreeMap};

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Reading;
use crate::{
    cause::Cause,
    declared::Declared,
    field::Field,
    values::{Representation, ValuePath},
};

impl Reading<'_> {
    /// A representation as the application's own type, with its secrets in place.
    #[must_use]
    pub fn typed<T: DeserializeOwned + Default>(&self, declared: &Representation, path: &ValuePath) -> T {
        self.fitting(self.fields(declared, path), path)
    }

    /// A representation with the place of each of its fields.
    #[must_use]
    pub fn declared<T: DeserializeOwned + Default>(&self, declared: &Representation, path: &ValuePath) -> Declared<T> {
        let field_causes = self.field_causes(declared, path);
        Declared { field_causes, ..Declared::new(self.typed(declared, path), self.cause(path)) }
    }

    /// A representation, and the fields under these names, which the values have in it although the application's own type has not.
    #[must_use]
    pub fn declared_beside<T, B>(
        &self,
        declared: &Representation,
        path: &ValuePath,
        beside: &[&str],
    ) -> (Declared<T>, B)
    where
        T: DeserializeOwned + Default,
        B: DeserializeOwned + Default,
    {
        let fields = self.fields(declared, path).into_map();
        let (beside, own) = fields.into_iter().partition(|(field, _)| beside.contains(&field.as_str()));
        let own = Declared::new(self.fitting(Field::Map(own), path), self.cause(path));
        let field_causes = self.field_causes(declared, path);
        (Declared { field_causes, ..own }, self.fitting(Field::Map(beside), path))
    }

    /// The fields of a representation with its secrets in place, [checked](Reading::with_rules) by the task's rules. What is not known
    /// yet is [`Field::Unknown`], so that no rule takes what stands for a secret for its text.
    #[must_use]
    pub fn fields(&self, declared: &Representation, path: &ValuePath) -> Field {
        let mut fields = Field::from(Value::Object(declared.fields().clone()));
        for (pointer, secret) in declared.secrets() {
            let text = self.resolved(secret, &path.clone().pointer(pointer)).filter(|_| self.is_known(secret));
            if let Some(place) = fields.pointer_mut(pointer) {
                *place = text.map_or(Field::Unknown, Field::Secret);
            }
        }
        (self.rules)(self, &mut fields, path);
        fields
    }

    /// Fields as the application's own type. The schema has checked each of them before; those that do not fit are reported, and nothing is
    /// declared.
    #[must_use]
    pub fn fitting<T: DeserializeOwned + Default>(&self, mut fields: Field, path: &ValuePath) -> T {
        stand_in(&mut fields, &self.stand_ins);
        fields.into_typed().unwrap_or_else(|_| {
            let message = format!("the fields do not fit {}'s representation", self.section);
            self.report(self.problem(path, &message));
            T::default()
        })
    }

    /// The place of each field of a representation, as the cause of what it asks for.
    #[must_use]
    pub fn field_causes(&self, declared: &Representation, path: &ValuePath) -> BTreeMap<String, Cause> {
        let fields = declared.fields().keys();
        fields.map(|field| (field.clone(), self.cause(&path.clone().key(field)))).collect()
    }

    /// The fields of a representation that nobody wrote.
    pub fn built_in<'r>(
        &'r self,
        declared: &'r Representation,
        path: &'r ValuePath,
    ) -> impl Iterator<Item = &'r str> + 'r {
        let fields = declared.fields().keys().map(String::as_str);
        fields.filter(move |field| self.document.is_built_in(&path.clone().key(*field)))
    }

    /// Reports fields of a representation that cannot be declared there, each with what to do instead: ignoring them would look like
    /// obeying.
    pub fn refuse_fields(&self, declared: &Representation, path: &ValuePath, refused: &[(&str, &str)]) {
        for (field, hint) in refused.iter().filter(|(field, _)| declared.fields().contains_key(*field)) {
            let problem = self.problem(&path.clone().key(*field), &format!("`{field}` cannot be declared here"));
            self.report(problem.with_hint(*hint));
        }
    }
}

/// Puts a text in the place of each secret that is not known, since the type wants one. No two of a section are equal: they may be names of
/// different objects.
fn stand_in(field: &mut Field, count: &Cell<usize>) {
    match field {
        Field::Unknown => {
            count.set(count.get() + 1);
            *field = Field::Secret(SecretString::from(format!("unknown-{}", count.get())));
        }
        Field::List(items) => items.iter_mut().for_each(|item| stand_in(item, count)),
        Field::Map(fields) => fields.values_mut().for_each(|item| stand_in(item, count)),
        _ => {}
    }
}
