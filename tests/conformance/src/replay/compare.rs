//! Compares a recorded body with an answered one, by the rules of `tests/contracts/README.md`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::contract::Keep;
use super::pattern;
use super::pointer::join;
use super::variables::Variables;

/// Keys that identify an object in a list, for reports: differences are told inside the pair, not as two strange rows.
const IDENTIFYING: [&str; 7] = ["name", "alias", "clientId", "username", "realm", "login", "id"];

/// The keys whose numbers count down, so that a slow answer says a second less.
const COUNTING_DOWN: [&str; 2] = ["expires_in", "refresh_expires_in"];

/// The keys whose numbers are written as texts; both are recorded as a number.
const NUMBERS_AS_TEXTS: [&str; 1] = ["retention_id"];

/// One place where two bodies differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) pointer: String,
    pub(crate) expected: String,
    pub(crate) got: String,
}

/// What the comparison of a body goes by, and what it found.
pub(crate) struct Comparison<'a> {
    variables: &'a Variables,
    unordered: &'a BTreeSet<String>,
    may_be_left_out: &'a BTreeSet<String>,
    /// The differences, in the order of the recorded body.
    pub(crate) differences: Vec<Difference>,
    /// Keys that the answer lacks by permission, with how often.
    pub(crate) left_out: BTreeMap<String, usize>,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(
        variables: &'a Variables,
        unordered: &'a BTreeSet<String>,
        may_be_left_out: &'a BTreeSet<String>,
    ) -> Self {
        Self { variables, unordered, may_be_left_out, differences: Vec::new(), left_out: BTreeMap::new() }
    }

    /// Compares whole bodies. With `keep`, only those parts of the answer count; with `body_unordered`, the body is a set.
    pub(crate) fn bodies(&mut self, recorded: &Value, got: &Value, keep: Option<&Keep>, body_unordered: bool) {
        match keep {
            Some(keep) => self.values(recorded, &keep.of(got), "", body_unordered),
            None => self.values(recorded, got, "", body_unordered),
        }
    }

    fn values(&mut self, recorded: &Value, got: &Value, pointer: &str, as_set: bool) {
        match (recorded, got) {
            (Value::Object(recorded), Value::Object(got)) => self.objects(recorded, got, pointer),
            (Value::Array(recorded), Value::Array(got)) if as_set => {
                self.sets(recorded, got, pointer);
            }
            (Value::Array(recorded), Value::Array(got)) => self.lists(recorded, got, pointer),
            (Value::String(text), _) => {
                if !pattern::matches(text, got, self.variables) {
                    self.differ(pointer, self.meaning(text), got.to_string());
                }
            }
            _ if recorded == got => {}
            _ => self.differ(pointer, recorded.to_string(), got.to_string()),
        }
    }

    fn objects(&mut self, recorded: &Map<String, Value>, got: &Map<String, Value>, pointer: &str) {
        for (key, value) in recorded {
            let below = join(pointer, key);
            match got.get(key) {
                Some(found) if same_under_key(key, value, found) => {}
                Some(found) => self.values(value, found, &below, self.unordered.contains(key)),
                None if self.may_be_left_out.contains(key) => {
                    *self.left_out.entry(key.clone()).or_default() += 1;
                }
                None => self.differ(&below, value.to_string(), "no such key"),
            }
        }
        for (key, value) in got {
            if !recorded.contains_key(key) {
                self.differ(&join(pointer, key), "no such key", value.to_string());
            }
        }
    }

    fn lists(&mut self, recorded: &[Value], got: &[Value], pointer: &str) {
        for (index, pair) in recorded.iter().zip(got).enumerate() {
            self.values(pair.0, pair.1, &join(pointer, &index.to_string()), false);
        }
        for (index, value) in recorded.iter().enumerate().skip(got.len()) {
            self.differ(&join(pointer, &index.to_string()), value.to_string(), "no such element");
        }
        for (index, value) in got.iter().enumerate().skip(recorded.len()) {
            self.differ(&join(pointer, &index.to_string()), "no such element", value.to_string());
        }
    }

    /// Pairs the elements in any order. Placeholders let one element fit several, so this is a matching, not a search for
    /// each first fit.
    fn sets(&mut self, recorded: &[Value], got: &[Value], pointer: &str) {
        let fits: Vec<Vec<usize>> = recorded
            .iter()
            .map(|element| (0..got.len()).filter(|&index| self.fit(element, &got[index])).collect())
            .collect();
        let partner = matching(&fits, got.len());
        let matched: BTreeSet<usize> = partner.iter().flatten().copied().collect();
        for (index, value) in got.iter().enumerate() {
            if let Some(pair) = partner[index] {
                let (_, left_out) = self.trial(&recorded[pair], value);
                self.count_left_out(left_out);
            }
        }
        let missing = (0..recorded.len()).filter(|index| !matched.contains(index));
        let mut extra: Vec<usize> = (0..got.len()).filter(|&index| partner[index].is_none()).collect();
        for index in missing {
            let element = &recorded[index];
            match extra.iter().position(|&candidate| alike(element, &got[candidate])) {
                Some(position) => {
                    let candidate = extra.remove(position);
                    let below = join(pointer, &candidate.to_string());
                    self.values(element, &got[candidate], &below, false);
                }
                None => self.differ(pointer, element.to_string(), "no such element"),
            }
        }
        for index in extra {
            let below = join(pointer, &index.to_string());
            self.differ(&below, "no such element", got[index].to_string());
        }
    }

    fn fit(&self, recorded: &Value, got: &Value) -> bool {
        self.trial(recorded, got).0
    }

    fn trial(&self, recorded: &Value, got: &Value) -> (bool, BTreeMap<String, usize>) {
        let mut trial = Comparison::new(self.variables, self.unordered, self.may_be_left_out);
        trial.values(recorded, got, "", false);
        (trial.differences.is_empty(), trial.left_out)
    }

    fn count_left_out(&mut self, more: BTreeMap<String, usize>) {
        for (key, times) in more {
            *self.left_out.entry(key).or_default() += times;
        }
    }

    /// A recorded string as people should read it: quoted, and with the variables' values where there are any.
    fn meaning(&self, recorded: &str) -> String {
        let unknown = pattern::unknown_names(recorded, self.variables);
        if unknown.is_empty() {
            Value::from(recorded).to_string()
        } else {
            format!("{} (never saved: {})", Value::from(recorded), unknown.join(", "))
        }
    }

    fn differ(&mut self, pointer: &str, expected: impl Into<String>, got: impl Into<String>) {
        self.differences.push(Difference { pointer: pointer.to_owned(), expected: expected.into(), got: got.into() });
    }
}

/// The keys that compare in a way of their own: the `scope` of a token has its words in any order, what is left of a
/// lifetime may be a second less, and some numbers are texts.
fn same_under_key(key: &str, recorded: &Value, got: &Value) -> bool {
    match (recorded, got) {
        (Value::String(recorded), Value::String(got)) if key == "scope" => words(recorded) == words(got),
        (Value::String(recorded), Value::String(got)) if NUMBERS_AS_TEXTS.contains(&key) => {
            recorded == "{{number}}" && got.parse::<u64>().is_ok()
        }
        (Value::Number(recorded), Value::Number(got)) if COUNTING_DOWN.contains(&key) => {
            let (recorded, got) = (recorded.as_i64(), got.as_i64());
            got.is_some() && (recorded == got || recorded == got.map(|seconds| seconds + 1))
        }
        _ => false,
    }
}

fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    words
}

/// The value without these keys, at any depth.
pub(crate) fn without(value: &Value, keys: &BTreeSet<String>) -> Value {
    match value {
        Value::Object(entries) => {
            let left = entries.iter().filter(|(key, _)| !keys.contains(*key));
            left.map(|(key, value)| (key.clone(), without(value, keys))).collect()
        }
        Value::Array(items) => items.iter().map(|item| without(item, keys)).collect(),
        other => other.clone(),
    }
}

/// Whether two elements carry the same identifying value, so that one is the other gone wrong.
fn alike(recorded: &Value, got: &Value) -> bool {
    IDENTIFYING
        .iter()
        .find_map(|key| Some((recorded.get(key)?, got.get(key)?)))
        .is_some_and(|(recorded, got)| recorded == got)
}

/// For each of `right` elements the left one that it is paired with, by augmenting paths; `fits[left]` lists what a left
/// element may be paired with.
fn matching(fits: &[Vec<usize>], right: usize) -> Vec<Option<usize>> {
    let mut partner = vec![None; right];
    for left in 0..fits.len() {
        let mut visited = vec![false; right];
        augment(left, fits, &mut partner, &mut visited);
    }
    partner
}

fn augment(left: usize, fits: &[Vec<usize>], partner: &mut [Option<usize>], visited: &mut [bool]) -> bool {
    for &candidate in &fits[left] {
        if visited[candidate] {
            continue;
        }
        visited[candidate] = true;
        let free = match partner[candidate] {
            None => true,
            Some(other) => augment(other, fits, partner, visited),
        };
        if free {
            partner[candidate] = Some(left);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
