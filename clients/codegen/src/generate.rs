//! Document to Rust.

use quote::quote;

use crate::{Error, addresses, explain::explain, generator::tokens, lint, nothing, parse};

/// The client of a document as formatted Rust; `name` is for messages.
///
/// The code names `::evenkeel_transport` (session and secret), `::progenitor_client`, `::reqwest`,
/// `::serde`, `::serde_json` and `::jiff`, so the including crate depends on these.
///
/// # Errors
/// [`Error::Parse`], [`Error::Lint`], or [`Error::Generate`] with the operation that fails.
pub fn generate(spec_text: &str, name: &str) -> Result<String, Error> {
    let document = parse(spec_text, name)?;
    let problems = lint(&document);
    if !problems.is_empty() {
        return Err(Error::Lint { name: name.to_owned(), problems });
    }
    let failed = |message: String| Error::Generate { name: name.to_owned(), message };
    let client = tokens(&document).map_err(|reason| failed(explain(&document, &reason)))?;
    let statics = addresses::statics(&document);
    let nothing_cases = nothing::cases(&document);
    let mut file = syn::parse2(quote! { #client #statics #nothing_cases })
        .map_err(|error| failed(format!("the generated code is no Rust: {error}")))?;
    addresses::rewrite(&mut file, &document).map_err(failed)?;
    nothing::rewrite(&mut file);
    Ok(prettyplease::unparse(&file))
}
