//! The entry point that the shared `build.rs` calls.

use std::{env, fs, path::PathBuf};

use crate::{Error, declared_schemas, generate};

/// The client's document, in the root of its package. In the workspace it links to
/// `openapi-specs/`; a packaged crate carries the content.
const DOCUMENT: &str = "openapi.yaml";

/// Generates `client.rs` and `schemas.json` into `OUT_DIR` from the package's `openapi.yaml`, and
/// tells cargo what it depends on. Problems become cargo errors, which fail the build with their
/// text and without a backtrace.
#[expect(clippy::print_stdout, reason = "a build script talks to cargo on stdout")]
pub fn build_script() {
    // Relative to the package, so that a moved checkout stays fresh. cargo looks at the file that
    // a link leads to, not at the link.
    println!("cargo::rerun-if-changed={DOCUMENT}");
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(error) = run() {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
    }
}

fn run() -> Result<(), Error> {
    let document = directory("CARGO_MANIFEST_DIR")?.join(DOCUMENT);
    let out = directory("OUT_DIR")?;
    let text = fs::read_to_string(document).map_err(|source| file(DOCUMENT, source))?;
    for (name, content) in
        [("client.rs", generate(&text, DOCUMENT)?), ("schemas.json", declared_schemas(&text, DOCUMENT)?)]
    {
        fs::write(out.join(name), content).map_err(|source| file(name, source))?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "cargo passes a build script's folders in variables")]
fn directory(name: &'static str) -> Result<PathBuf, Error> {
    env::var_os(name).map(PathBuf::from).ok_or(Error::NotABuildScript { name })
}

fn file(path: &str, source: std::io::Error) -> Error {
    Error::File { path: path.to_owned(), source }
}
