//! The Markdown of the reference, section by section.

use std::{collections::VecDeque, fmt::Write};

use serde_json::Value;

use super::kind::{Place, plain, short};

/// The page while it is written.
pub(super) struct Page<'a> {
    text: String,
    definitions: &'a Value,
    defaults: &'a Value,
    /// Representations that a table has linked to, and that are still to be written.
    representations: VecDeque<(&'a str, Place<'a>)>,
    written: Vec<&'a str>,
}

impl<'a> Page<'a> {
    pub(super) fn new(schema: &'a Value, defaults: &'a Value, introduction: &str) -> Self {
        let definitions = &schema["$defs"];
        Self {
            text: introduction.to_owned(),
            definitions,
            defaults,
            representations: VecDeque::new(),
            written: Vec::new(),
        }
    }

    /// A key at the top of the values.
    pub(super) fn section(&mut self, name: &'a str, schema: &'a Value, note: Option<&str>) {
        self.heading("##", &format!("`{name}`"));
        self.paragraph(schema["description"].as_str().unwrap_or_default());
        self.paragraph(note.unwrap_or_default());
        let (path, place) = open(name, Place::new(schema, self.definitions));
        if path != name && place.fields().is_some() {
            self.paragraph(&format!("Keys of `{path}`:"));
        }
        self.tables(&path, place);
    }

    /// The page, with the lists of fields at its end.
    pub(super) fn finish(mut self) -> String {
        if !self.representations.is_empty() {
            self.heading("##", "Representations");
            self.paragraph(
                "The applications' own objects, under their own names. Fields that the application calls \
                 deprecated can be used and are not listed.",
            );
        }
        while let Some((name, place)) = self.representations.pop_front() {
            self.heading("###", short(name));
            self.paragraph(place.description());
            self.table(&[], place);
        }
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
        self.text
    }

    /// The table of a map's keys, then those of the maps below.
    fn tables(&mut self, path: &str, place: Place<'a>) {
        let Some(fields) = place.fields().filter(|_| place.representation().is_none()) else { return };
        let keys: Vec<&str> = path.split('.').collect();
        self.table(&keys, place);
        for (key, schema) in fields {
            let (below, place) = open(&format!("{path}.{key}"), Place::new(schema, self.definitions));
            if place.fields().is_some() && place.representation().is_none() {
                self.heading("###", &format!("`{below}`"));
                self.paragraph(place.description());
                self.tables(&below, place);
            } else if let Some(name) = place.representation() {
                self.built_in(&below, short(name));
            }
        }
    }

    /// The built-in defaults of a representation's fields.
    fn built_in(&mut self, path: &str, representation: &str) {
        let Some(defaults) = self.default_of(path.split('.')).and_then(Value::as_object) else { return };
        self.heading("###", &format!("`{path}`"));
        let link = representation.to_lowercase();
        self.paragraph(&format!(
            "Any field of [{representation}](#{link}). These have a value unless a layer sets another, or removes them with `null`:"
        ));
        self.text.push_str("| key | default |\n|---|---|\n");
        for (key, value) in defaults {
            // Writing to a string cannot fail.
            let _ = writeln!(self.text, "| `{key}` | `{}` |", plain(value));
        }
        self.text.push('\n');
    }

    fn default_of<'b>(&self, path: impl IntoIterator<Item = &'b str>) -> Option<&'a Value> {
        path.into_iter().try_fold(self.defaults, |value, key| value.get(key))
    }

    fn table(&mut self, path: &[&str], place: Place<'a>) {
        let Some(fields) = place.fields() else { return };
        self.text.push_str("| key | what stands there | default | meaning |\n|---|---|---|---|\n");
        for (key, schema) in fields {
            self.row(path, key, schema, place.requires(key));
        }
        self.text.push('\n');
    }

    fn row(&mut self, path: &[&str], key: &'a str, schema: &'a Value, required: bool) {
        let place = Place::new(schema, self.definitions);
        let own = schema["description"].as_str().unwrap_or_else(|| place.description());
        if own.starts_with("Deprecated upstream") {
            return;
        }
        self.link(place);
        let (meaning, said) = split_default(own);
        let keys = path.iter().copied().chain([key]);
        let built_in = self.default_of(keys);
        let default = match (built_in, said, schema.get("default")) {
            // each in its own table
            (Some(Value::Object(_)), _, _) => String::new(),
            (Some(value), _, _) => format!("`{}`", plain(value)),
            (None, Some(said), _) => said.to_owned(),
            (None, None, Some(value)) => format!("`{}`", plain(value)),
            (None, None, None) if required => "required".to_owned(),
            (None, None, None) => String::new(),
        };
        let form = place.form().map(|form| format!(" Form: {form}.")).unwrap_or_default();
        let meaning = format!("{meaning}{form}").replace('|', "\\|").replace('\n', " ");
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "| `{key}` | {} | {default} | {meaning} |", place.words());
    }

    /// Remembers the representation at a place, or in the list or map at it.
    fn link(&mut self, place: Place<'a>) {
        let (_, place) = open("", place);
        if let Some(name) = place.representation()
            && !self.written.contains(&short(name))
        {
            self.written.push(short(name));
            self.representations.push_back((name, place));
        }
    }

    fn heading(&mut self, level: &str, text: &str) {
        self.text.truncate(self.text.trim_end().len());
        let _ = write!(self.text, "\n\n{level} {text}\n\n");
    }

    fn paragraph(&mut self, text: &str) {
        if !text.is_empty() {
            let _ = write!(self.text, "{text}\n\n");
        }
    }
}

/// The map with known keys inside of lists and maps: `users[]`, `teams.<name>`, `barriers.<name>[]`.
fn open<'a>(path: &str, place: Place<'a>) -> (String, Place<'a>) {
    if place.fields().is_some() {
        return (path.to_owned(), place);
    }
    if let Some(items) = place.items() {
        return open(&format!("{path}[]"), items);
    }
    match place.entries() {
        Some(entries) => open(&format!("{path}.<name>"), entries),
        None => (path.to_owned(), place),
    }
}

/// A description's last sentence, where it tells the default, apart from the rest.
fn split_default(description: &str) -> (&str, Option<&str>) {
    let Some((meaning, default)) = description.rsplit_once(" Default") else { return (description, None) };
    let default = default.trim_start_matches(':').trim().trim_end_matches('.');
    (meaning, Some(default))
}
