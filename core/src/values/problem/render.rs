//! Problems as text: message, place, source line with the meant part underlined, hint.

use std::fmt::Write as _;

use super::{Excerpt, Problem, Problems};
use crate::text::visible;

/// How many problems are shown; a broken file can have many thousands, and nobody reads those.
const MAX_SHOWN: usize = 100;

pub(super) fn render(problems: &Problems, colour: bool) -> String {
    let style = Style { colour };
    let mut text = String::new();
    for problem in problems.iter().take(MAX_SHOWN) {
        // writing to a String cannot fail
        let _ = problem_text(&mut text, problem, &style);
        text.push('\n');
    }
    let hidden = problems.len().saturating_sub(MAX_SHOWN);
    if hidden > 0 {
        let _ = writeln!(text, "and {hidden} more problems like these\n");
    }
    let count = problems.len();
    let _ = writeln!(text, "{count} problem{} in the values", if count == 1 { "" } else { "s" });
    text
}

fn problem_text(text: &mut String, problem: &Problem, style: &Style) -> std::fmt::Result {
    writeln!(text, "{}: {}", style.error("error"), style.strong(&visible(&problem.message)))?;
    let line = problem.location.as_ref().and_then(|location| location.line);
    let number = line.map(|line| line.to_string()).unwrap_or_default();
    let gutter = " ".repeat(number.len());
    if let Some(location) = &problem.location {
        let place = match location.line {
            Some(_) => format!("{location}:{}", location.column),
            None => location.to_string(),
        };
        writeln!(text, "{gutter}{} {place}", style.frame("-->"), place = visible(&place))?;
    }
    if let Some(Excerpt { text: line, indent, width }) = &problem.excerpt {
        let bar = style.frame("|");
        writeln!(text, "{gutter} {bar}")?;
        writeln!(text, "{} {bar} {line}", style.frame(&number))?;
        writeln!(text, "{gutter} {bar} {}{}", " ".repeat(*indent), style.error(&"^".repeat(*width)))?;
    }
    if let Some(hint) = &problem.hint {
        writeln!(text, "{gutter} {} {}: {}", style.frame("="), style.hint("hint"), visible(hint))?;
    }
    Ok(())
}

/// ANSI colours, or none. The meaning never rests on them.
struct Style {
    colour: bool,
}

impl Style {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn error(&self, text: &str) -> String {
        self.paint("1;31", text)
    }

    fn strong(&self, text: &str) -> String {
        self.paint("1", text)
    }

    fn frame(&self, text: &str) -> String {
        self.paint("1;34", text)
    }

    fn hint(&self, text: &str) -> String {
        self.paint("1;36", text)
    }
}
