//! Reading declarations: what every task does with the values before it knows what it wants.
//!
//! A task's `desired` is a function from values to typed objects, each with the value that asks for it. Whatever is wrong on the way
//! is [reported](Reading::report) to the [`Reading`], with its file and line, and the function goes on with what it can read:
//! [`finish`](Reading::finish) gives either the whole, or every problem of the section at once. So a function that reads a part returns
//! that part, and no `Result`.

mod names;
mod representations;
mod secrets;

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use crate::{
    cause::Cause,
    field::Field,
    values::{Document, Problem, Problems, TeamId, ValuePath, Values},
};

pub use secrets::{SecretSource, UnreadableSecret};

/// The values while a task reads its section of them.
pub struct Reading<'a> {
    /// All values, checked and typed.
    pub values: &'a Values,
    /// Where each of them was written.
    pub document: &'a Document,
    secrets: &'a dyn SecretSource,
    section: &'static str,
    rules: RepresentationRules,
    problems: RefCell<Problems>,
    /// How many texts stand for secrets that are not known.
    stand_ins: Cell<usize>,
}

/// What a task's application asks of every representation, at its path: a function that reports what breaks it, and may write the fields
/// as the application has them.
pub type RepresentationRules = fn(&Reading<'_>, &mut Field, &ValuePath);

impl<'a> Reading<'a> {
    /// Begins to read a section of the values, such as `harbor`.
    pub fn new(
        values: &'a Values,
        document: &'a Document,
        secrets: &'a dyn SecretSource,
        section: &'static str,
    ) -> Self {
        let (problems, stand_ins) = (RefCell::default(), Cell::default());
        Self { values, document, secrets, section, rules: |_, _, _| (), problems, stand_ins }
    }

    /// The same, with rules for every representation that is read.
    #[must_use]
    pub fn with_rules(self, rules: RepresentationRules) -> Self {
        Self { rules, ..self }
    }

    /// The content of the section, without which there is nothing to read.
    ///
    /// # Errors
    ///
    /// When the values have no such section. `hint` says what it has to hold.
    pub fn declared_section<T>(&self, content: Option<&'a T>, hint: &str) -> Result<&'a T, Problems> {
        content.ok_or_else(|| {
            let problem = self.problem(&ValuePath::root(), &format!("there is no `{}` section", self.section));
            problem.with_hint(hint).into()
        })
    }

    /// The path of something in the section.
    #[must_use]
    pub fn path(&self, keys: &[&str]) -> ValuePath {
        keys.iter().fold(ValuePath::root().key(self.section), |path, key| path.key(*key))
    }

    /// The teams, each with its id, the name of its objects and its path.
    pub fn teams(&self) -> impl Iterator<Item = (&'a TeamId, String, ValuePath)> + '_ {
        let path = ValuePath::root().key("teams");
        let names = &self.values.platform.names;
        self.values.teams.keys().map(move |id| (id, names.team(id), path.clone().key(id.as_str())))
    }

    /// The value at a path as the cause of what it asks for.
    #[must_use]
    pub fn cause(&self, path: &ValuePath) -> Cause {
        let (file, line) = self.place(path);
        Cause { value: path.to_string(), file, line }
    }

    /// The file in which the value at a path was written, and the line there, counted from 1.
    #[must_use]
    pub fn place(&self, path: &ValuePath) -> (Option<Arc<str>>, Option<u32>) {
        match self.document.location(path) {
            Some(location) => (Some(location.file), location.line),
            None => (None, None),
        }
    }

    /// A problem with the value at a path, which is not reported yet.
    #[must_use]
    pub fn problem(&self, path: &ValuePath, message: &str) -> Problem {
        self.document.problem(path, message)
    }

    /// Adds to what is wrong with the values. Parts that depend on the same value report it once.
    pub fn report(&self, problem: Problem) {
        self.problems.borrow_mut().add(problem);
    }

    /// What was read, if nothing was wrong.
    ///
    /// # Errors
    ///
    /// Everything that was reported, in its order.
    pub fn finish<T>(self, read: T) -> Result<T, Problems> {
        self.problems.into_inner().into_result(read)
    }
}

#[cfg(test)]
mod tests;
