//! How many letters the server's database keeps: more of them are no problem of the request, but a failure (contract `long-names`).

use super::answer::Answer;

/// Names of robots (with their project, without the prefix) and of groups, and what stands in a project's metadata.
pub(crate) const NAME: usize = 255;
pub(crate) const ROBOT_DESCRIPTION: usize = 1024;
pub(crate) const LABEL: usize = 128;
/// 300 letters are too many.
pub(crate) const WEBHOOK: usize = 256;

/// The failure of a text that is longer.
pub(crate) fn fits(text: &str, most: usize) -> Result<(), Answer> {
    if text.chars().count() > most { Err(Answer::unhandled()) } else { Ok(()) }
}
