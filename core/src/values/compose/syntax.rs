//! Broken YAML syntax in the words of this house.

use granit_parser::ErrorKind;

use super::Finding;
use crate::values::source::Origin;

const SPACES: &str = "indent with spaces";

/// A finding for a syntax error. It never repeats text of the source.
pub(super) fn finding(kind: &ErrorKind, origin: Origin) -> Finding {
    let (message, hint) = describe(kind);
    let finding = Finding::at(origin, message);
    match hint {
        Some(hint) => finding.with_hint(hint),
        None => finding,
    }
}

fn describe(kind: &ErrorKind) -> (String, Option<&'static str>) {
    let (message, hint) = match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => ("a tab stands where YAML wants spaces", Some(SPACES)),
        ErrorKind::UnexpectedEofFlowSequence | ErrorKind::ExpectedFlowSequenceSeparator => {
            ("expected `,` or `]`", Some("a list that begins with `[` ends with `]`"))
        }
        ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedFlowMappingSeparator => {
            ("expected `,` or `}`", Some("a map that begins with `{` ends with `}`"))
        }
        ErrorKind::UnclosedFlowCollection { .. } => ("a `[` or `{` is not closed", None),
        ErrorKind::MisplacedFlowCollectionEnd | ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            ("a `]` or `}` closes nothing", None)
        }
        ErrorKind::UnclosedQuotedScalar => ("a quoted string is not closed", None),
        ErrorKind::UnknownAnchor => ("the alias names an anchor that does not exist", None),
        ErrorKind::RecursionLimitExceeded => ("lists and maps nest more than 100 deep", None),
        ErrorKind::SimpleKeyExpected | ErrorKind::ExpectedBlockMappingKey => {
            ("expected a key with `:` after it", Some("check the indentation of this line and of the one before"))
        }
        ErrorKind::InvalidIndentation => ("the indentation fits no line before", Some(SPACES)),
        ErrorKind::MappingKeyNotAllowed | ErrorKind::BlockSequenceEntryNotAllowed => {
            ("a key or list item may not stand here", Some("quote a text that holds `: ` or begins with `- `"))
        }
        ErrorKind::UnexpectedCharacter { .. } => {
            ("a character may not stand here", Some("quote the text in which it stands"))
        }
        ErrorKind::Custom(_) => ("the YAML is not valid here", None),
        other => return (format!("the YAML is not valid here: {}", plain_words(&other.to_string())), None),
    };
    (message.to_owned(), hint)
}

/// The parser's words without its own framing.
fn plain_words(message: &str) -> String {
    let message =
        message.rsplit_once(", ").filter(|(before, _)| before.starts_with("while")).map_or(message, |(_, rest)| rest);
    message.to_lowercase()
}
