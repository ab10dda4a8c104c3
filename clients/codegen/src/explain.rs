//! Which operation the generator fails at.

use openapiv3::OpenAPI;

use crate::{
    generate::tokens,
    operations::{alone, operations},
};

/// The generator's messages do not name the operation, so each is generated alone until one fails.
/// `whole` is the reason that the whole document gave, kept when every part works by itself.
pub(crate) fn explain(document: &OpenAPI, whole: &str) -> String {
    let mut components = document.clone();
    components.paths.paths.clear();
    if let Err(reason) = tokens(&components) {
        return format!("components: {reason}");
    }
    for place in operations(document) {
        if let Err(reason) = tokens(&alone(document, place)) {
            return format!("{place}: {reason}");
        }
    }
    whole.to_owned()
}
