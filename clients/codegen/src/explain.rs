//! Which operation the generator fails at.

use openapiv3::OpenAPI;

use crate::{
    generator::tokens,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    /// Two operations; the second has what the lint would have refused.
    fn document(second: &str, schemas: &str) -> OpenAPI {
        let text = format!(
            "openapi: 3.0.3
info: {{title: t, version: '1'}}
paths:
  /good:
    get: {{operationId: good_get, responses: {{'204': {{description: done}}}}}}
  /bad:
    post: {{operationId: bad_post, {second}}}
components: {{schemas: {{{schemas}}}}}
"
        );
        parse(&text, "test").unwrap()
    }

    #[test]
    fn the_operation_that_makes_the_generator_panic_is_named() {
        let body = "content: {application/json: {schema: {type: string}}}";
        let document =
            document(&format!("responses: {{'200': {{description: a, {body}}}, '204': {{description: b}}}}"), "");
        let reason = tokens(&document).unwrap_err();
        assert!(!reason.contains("/bad"), "the generator names it by now: {reason}");
        let explained = explain(&document, &reason);
        assert!(explained.starts_with("POST /bad: "), "{explained}");
    }

    #[test]
    fn the_operation_that_the_generator_refuses_is_named() {
        let document = document(
            "responses: {'204': {description: done}}, requestBody: {required: true, content: {application/xml: {schema: {type: string}}}}",
            "",
        );
        let reason = tokens(&document).unwrap_err();
        let explained = explain(&document, &reason);
        assert!(explained.starts_with("POST /bad: "), "{explained}");
        assert!(explained.contains("application/xml"), "{explained}");
    }

    #[test]
    fn components_are_named_when_no_operation_is_at_fault() {
        let document = document("responses: {'204': {description: done}}", "Bad: {type: strng}");
        let reason = tokens(&document).unwrap_err();
        let explained = explain(&document, &reason);
        assert!(explained.starts_with("components: "), "{explained}");
    }

    #[test]
    fn the_whole_reason_is_kept_when_every_part_works() {
        let document = document("responses: {'204': {description: done}}", "");
        assert_eq!(explain(&document, "the reason"), "the reason");
    }
}
