//! What an export says to people: the files' comments, and the summary at its end.

use std::fmt::Write;

use super::{
    Exported, NeededSecret,
    document::{Layer, Node},
};

/// How many lines of one kind a summary has; files hold all of them.
const SHOWN: usize = 20;

/// A file of values with its comments.
///
/// # Errors
///
/// When a value has no form in YAML.
pub(super) fn layer(layer: &Layer) -> Result<String, serde_saphyr::ser_error::Error> {
    let remarks = layer.remarks.iter().map(|remark| format!("not in this file: {remark}"));
    let comments: String = std::iter::once(layer.title.to_owned()).chain(remarks).map(|line| comment(&line)).collect();
    Ok(comments + &layer.content.yaml()?)
}

/// Everything in one document.
///
/// # Errors
///
/// As [`layer`].
pub(super) fn document(exported: &Exported) -> Result<String, serde_saphyr::ser_error::Error> {
    let remarks = exported.layers.iter().flat_map(|layer| &layer.remarks);
    let comments: String = remarks.map(|remark| comment(&format!("not in this document: {remark}"))).collect();
    let merged =
        exported.layers.iter().cloned().fold(Node::Map(Default::default()), |all, layer| all.merged(layer.content));
    Ok(comments + &merged.yaml()?)
}

/// A comment's line cannot end where a name has a line break in it.
fn comment(line: &str) -> String {
    let line: String = line.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    format!("# {line}\n")
}

/// The variables to set, as a file that a shell reads; with their values only where `values` says so.
pub(super) fn variables(secrets: &[NeededSecret], shown: impl Fn(&NeededSecret) -> String) -> String {
    let mut text = String::from("# read it with: set -a; . ./FILE; set +a\n");
    for secret in secrets {
        text.push_str(&comment(&secret.what));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}={}", secret.variable, shown(secret));
    }
    text
}

/// A text as a shell takes it, whatever is in it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// What to know after an export.
pub(super) fn summary(exported: &Exported) -> String {
    let secrets: Vec<String> =
        exported.secrets.iter().map(|secret| format!("{}: {}", secret.variable, secret.what)).collect();
    [
        section("could not be read with this account:", &exported.unread),
        section("is there and not in the values:", &exported.left_out),
        section("is added by the first `apply`:", &exported.added),
        section("would still be changed by `apply`, which is a mistake of evenkeel:", &exported.still_differs),
        section("variables to set before `plan`:", &secrets),
    ]
    .concat()
}

fn section(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{title}\n");
    for line in lines.iter().take(SHOWN) {
        let _ = writeln!(text, "  {line}");
    }
    if lines.len() > SHOWN {
        let _ = writeln!(text, "  and {} more", lines.len() - SHOWN);
    }
    text
}
