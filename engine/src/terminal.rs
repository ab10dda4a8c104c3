//! What a terminal may show.

use std::io::IsTerminal;

use crate::environment::environment_variable;

/// Whether text that goes there may have colours.
pub(crate) fn is_colourful(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && environment_variable("NO_COLOR").is_none()
}
