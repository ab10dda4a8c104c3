//! What the build script of every generated client does: parse an OpenAPI 3.0 document, hold it
//! against the house rules, and turn it into Rust with progenitor.
//!
//! progenitor generates good code from good documents. From others it panics without naming the
//! operation, or generates code that compiles and does something else than the document says. So
//! the [`lint`] runs first and names each such place; what it does not know, [`generate`] still
//! pins to the operation that fails.
//!
//! Everything but [`build_script`] is pure: text in, text out.

mod addresses;
mod build_script;
mod explain;
mod generate;
mod generator;
mod json_schema;
mod lint;
mod nothing;
mod operations;
mod parse;
mod references;

pub use build_script::build_script;
pub use generate::generate;
pub use json_schema::declared_schemas;
pub use lint::{Problem, lint};
pub use parse::parse;

/// Why no client could be generated. Messages name the document and the place in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file, relative to the package.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// cargo did not set a variable that it sets for every build script.
    #[error("`{name}` is not set; this runs as a build script only")]
    NotABuildScript {
        /// The variable.
        name: &'static str,
    },
    /// The text is no OpenAPI 3.0 document.
    #[error("{name}: {message}")]
    Parse {
        /// The document.
        name: String,
        /// Place and reason.
        message: String,
    },
    /// The document breaks rules of [`lint`].
    #[error("{name}: {} problem(s){}", .problems.len(), lines(.problems))]
    Lint {
        /// The document.
        name: String,
        /// All of them, in document order.
        problems: Vec<Problem>,
    },
    /// The generator failed, or made something that is no Rust.
    #[error("{name}: {message}")]
    Generate {
        /// The document.
        name: String,
        /// Operation and reason.
        message: String,
    },
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  - {problem}")).collect()
}
