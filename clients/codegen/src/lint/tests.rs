use crate::parse;

use super::lint;

/// A document of one operation, `GET /things/{id}`; `$operation` and `$schemas` are YAML, indented by four.
fn problems_of(operation: &str, schemas: &str) -> Vec<String> {
    problems(&format!("  /things/{{id}}:\n    get:\n{operation}"), schemas)
}

fn problems(paths: &str, schemas: &str) -> Vec<String> {
    let components = if schemas.is_empty() { String::new() } else { format!("components:\n  schemas:\n{schemas}") };
    let text = format!("openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths:\n{paths}\n{components}");
    lint(&parse(&text, "test").unwrap()).iter().map(ToString::to_string).collect()
}

const ID: &str = "      parameters: [{name: id, in: path, required: true, schema: {type: string}}]\n";
const OK: &str = "      responses: {'200': {description: ok}}\n";

fn operation(rest: &str) -> String {
    format!("      operationId: thing_get\n{rest}")
}

#[test]
fn a_good_operation_has_no_problem() {
    assert_eq!(problems_of(&operation(&format!("{ID}{OK}")), ""), Vec::<String>::new());
}

#[test]
fn a_missing_operation_id_is_named() {
    assert_eq!(problems_of(&format!("{ID}{OK}"), ""), ["GET /things/{id}: no `operationId`"]);
}

#[test]
fn an_operation_id_is_snake_case() {
    let found = problems_of(&format!("      operationId: getThing\n{ID}{OK}"), "");
    assert_eq!(found, ["GET /things/{id}: operationId `getThing` is not `snake_case`"]);
}

#[test]
fn an_operation_id_is_used_once() {
    let path = |name: &str| format!("  /{name}:\n    get:\n      operationId: same\n{OK}");
    let found = problems(&format!("{}{}", path("a"), path("b")), "");
    assert_eq!(found, ["GET /a, GET /b: operationId `same` is used more than once"]);
}

#[test]
fn a_default_response_is_refused() {
    let responses = "      responses: {'200': {description: ok}, default: {description: other}}\n";
    assert_eq!(
        problems_of(&operation(&format!("{ID}{responses}")), ""),
        ["GET /things/{id}: `default` counts as success and as error; use `4XX` and `5XX`"]
    );
}

#[test]
fn different_bodies_of_one_outcome_are_named_by_status() {
    let body = "content: {application/json: {schema: {type: string}}}";
    let responses = format!(
        "      responses:\n        '200': {{description: a, {body}}}\n        '204': {{description: b}}\n        '404': {{description: c, {body}}}\n        5XX: {{description: d}}\n"
    );
    let found = problems_of(&operation(&format!("{ID}{responses}")), "");
    assert_eq!(
        found,
        [
            "GET /things/{id}: success responses 204, 200 have different bodies; only one type can be generated",
            "GET /things/{id}: error responses 5XX, 404 have different bodies; only one type can be generated",
        ]
    );
}

#[test]
fn a_redirect_alone_is_no_success() {
    let responses = "      responses: {'302': {description: elsewhere}}\n";
    assert_eq!(
        problems_of(&operation(&format!("{ID}{responses}")), ""),
        [
            "GET /things/{id}: response 302 cannot be generated; only 2xx, 4xx and 5xx are told apart",
            "GET /things/{id}: no success response; it would be taken for a stream of bytes",
        ]
    );
}

#[test]
fn a_response_reference_must_lead_somewhere() {
    let responses = "      responses: {'200': {description: ok}, 4XX: {$ref: '#/components/responses/Gone'}}\n";
    assert_eq!(
        problems_of(&operation(&format!("{ID}{responses}")), ""),
        ["GET /things/{id}: response 4XX: `$ref` leads nowhere"]
    );
}

#[test]
fn several_media_types_are_refused_both_ways() {
    let content = "content: {application/json: {schema: {type: string}}, text/plain: {schema: {type: string}}}";
    let rest = format!(
        "{ID}      requestBody: {{required: true, {content}}}\n      responses:\n        '200': {{description: ok, {content}}}\n"
    );
    assert_eq!(
        problems_of(&operation(&rest), ""),
        [
            "GET /things/{id}: the request body has several media types (application/json, text/plain); keep one",
            "GET /things/{id}: response 200 has several media types; keep one",
        ]
    );
}

#[test]
fn a_media_type_that_cannot_be_sent_is_refused() {
    let rest = format!(
        "{ID}      requestBody: {{required: true, content: {{multipart/form-data: {{schema: {{type: string}}}}}}}}\n{OK}"
    );
    assert_eq!(
        problems_of(&operation(&rest), ""),
        ["GET /things/{id}: request media type `multipart/form-data` cannot be generated"]
    );
}

#[test]
fn a_body_that_is_not_required_would_be_sent_all_the_same() {
    let rest = format!("{ID}      requestBody: {{content: {{application/json: {{schema: {{type: string}}}}}}}}\n{OK}");
    assert_eq!(
        problems_of(&operation(&rest), ""),
        ["GET /things/{id}: the request body is always sent; say `required: true`"]
    );
}

#[test]
fn a_path_parameter_is_declared_and_used() {
    let parameters = "      parameters: [{name: ident, in: path, required: true, schema: {type: string}}]\n";
    assert_eq!(
        problems_of(&operation(&format!("{parameters}{OK}")), ""),
        [
            "GET /things/{id}: path parameter `id` is not declared",
            "GET /things/{id}: path parameter `ident` is not in the path",
        ]
    );
}

fn parameter_problem(parameter: &str) -> Vec<String> {
    let parameters = format!(
        "      parameters:\n        - {{name: id, in: path, required: true, schema: {{type: string}}}}\n        - {parameter}\n"
    );
    problems_of(&operation(&format!("{parameters}{OK}")), "")
}

#[test]
fn what_a_parameter_cannot_be_is_named() {
    let list = "schema: {type: array, items: {type: string}}";
    for (parameter, problem) in [
        (
            format!("{{name: q, in: query, explode: false, {list}}}"),
            "`explode: false` is ignored; a list always repeats the name",
        ),
        (format!("{{name: q, in: query, style: deepObject, {list}}}"), "only style `form` can be generated"),
        ("{name: q, in: cookie, schema: {type: string}}".to_owned(), "cookies are not sent"),
        ("{name: q, in: query, schema: {type: object}}".to_owned(), "an object cannot be sent as a parameter"),
        (
            "{name: q, in: query, content: {application/json: {schema: {type: string}}}}".to_owned(),
            "`content` cannot be generated; use `schema`",
        ),
    ] {
        assert_eq!(parameter_problem(&parameter), [format!("GET /things/{{id}}: parameter `q`: {problem}")]);
    }
}

#[test]
fn a_path_parameter_is_required() {
    let parameters = "      parameters: [{name: id, in: path, schema: {type: string}}]\n";
    assert_eq!(
        problems_of(&operation(&format!("{parameters}{OK}")), ""),
        ["GET /things/{id}: parameter `id`: a path parameter needs `required: true`"]
    );
}

#[test]
fn parameters_that_become_one_argument_are_named() {
    assert_eq!(
        parameter_problem("{name: ID, in: query, schema: {type: string}}"),
        ["GET /things/{id}: parameters `id` and `ID` become one argument"]
    );
}

#[test]
fn what_is_ignored_is_refused() {
    let text = format!(
        "openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\nservers: [{{url: /api}}]\nsecurity: [{{token: []}}]\npaths:\n  /a:\n    get:\n      operationId: a_get\n      security: []\n{OK}  /b: {{$ref: '#/x'}}\n"
    );
    let found: Vec<String> = lint(&parse(&text, "test").unwrap()).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "document: `servers` is ignored; the base path is part of the session's address",
            "document: `security` is ignored; the session authenticates",
            "/b: a path that is a `$ref` is skipped; write it out",
            "GET /a: `security` is ignored; the session authenticates",
        ]
    );
}

/// The problems of component `Thing`, which is the answer of the one operation.
fn schema_problems(thing: &str) -> Vec<String> {
    let responses = "      responses:\n        '200':\n          description: ok\n          content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}\n";
    let problems = problems_of(&operation(&format!("{ID}{responses}")), &format!("    Thing: {thing}\n"));
    // By which field an answer names its object is a question to the operation.
    problems.into_iter().filter(|problem| !problem.contains("`x-answer`")).collect()
}

#[test]
fn what_a_property_cannot_be_is_named() {
    for (property, problem) in [
        ("{type: boolean, default: true}", "`default` makes the field always sent; say it in the description"),
        (
            "{type: string, enum: [a, b]}",
            "an enum in an answer fails to decode at the first new word; use a plain type",
        ),
        ("{type: strng}", "`type: strng` is unknown or does not fit the rest"),
        ("{type: array, nullable: true}", "a list without `items`"),
        (
            "{type: array, items: {type: string}}",
            "a list or map can neither be sent empty nor read as null; say `nullable: true`",
        ),
        (
            "{type: object, additionalProperties: {type: string}}",
            "a list or map can neither be sent empty nor read as null; say `nullable: true`",
        ),
        ("{not: {type: string}}", "`not` cannot be generated"),
        ("{$ref: '#/components/schemas/Gone'}", "`$ref` #/components/schemas/Gone leads nowhere"),
    ] {
        assert_eq!(
            schema_problems(&format!("{{type: object, properties: {{p: {property}}}}}")),
            [format!("components: Thing.p: {problem}")],
            "{property}"
        );
    }
}

#[test]
fn what_an_object_cannot_be_is_named() {
    for (rest, problem) in [
        (
            "properties: {p: {type: string}}, additionalProperties: true",
            "`additionalProperties: true` drops unknown fields; `{}` keeps them",
        ),
        (
            "properties: {p: {type: string}}, additionalProperties: false",
            "`additionalProperties: false` fails to decode a newer server's answer; leave it out",
        ),
        (
            "properties: {extra: {type: string}}, additionalProperties: {}",
            "property `extra` collides with the field that keeps unknown fields",
        ),
        (
            "properties: {oAuthId: {type: string}, oauthId: {type: string}}",
            "properties `oAuthId` and `oauthId` become one field",
        ),
        ("properties: {p: {type: string}}, required: [q]", "required `q` is no property"),
    ] {
        assert_eq!(
            schema_problems(&format!("{{type: object, {rest}}}")),
            [format!("components: Thing: {problem}")],
            "{rest}"
        );
    }
}

#[test]
fn an_enum_is_fine_where_it_is_only_sent() {
    let rest = format!(
        "{ID}      requestBody: {{required: true, content: {{application/json: {{schema: {{$ref: '#/components/schemas/Sent'}}}}}}}}\n{OK}"
    );
    let sent = "    Sent: {type: object, properties: {kind: {type: string, enum: [a]}}}\n";
    assert_eq!(problems_of(&operation(&rest), sent), Vec::<String>::new());
}

#[test]
fn an_enum_deep_inside_an_answer_is_found() {
    let responses = "      responses:\n        '200':\n          description: ok\n          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Outer'}}}}\n";
    let schemas = "    Outer: {type: object, properties: {inner: {$ref: '#/components/schemas/Inner'}}}\n    Inner: {type: object, properties: {kind: {type: string, enum: [a]}, outer: {$ref: '#/components/schemas/Outer'}}}\n";
    assert_eq!(
        problems_of(&operation(&format!("{ID}{responses}")), schemas),
        ["components: Inner.kind: an enum in an answer fails to decode at the first new word; use a plain type"]
    );
}

const THING: &str = "    Thing: {type: object, properties: {name: {type: string}}}\n";
const ANSWER: &str = "      responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}\n";

#[test]
fn a_read_of_one_object_says_how_its_answer_names_it() {
    let found = problems_of(&operation(&format!("{ID}{ANSWER}")), THING);
    assert_eq!(
        found,
        ["GET /things/{id}: reads one object; say in `x-answer` by which of its fields an answer names it"]
    );
    let said = format!("      x-answer: {{name: id}}\n{ID}{ANSWER}");
    assert_eq!(problems_of(&operation(&said), THING), Vec::<String>::new());
}

#[test]
fn an_answer_is_compared_with_what_there_is() {
    let said = format!("      x-answer: {{colour: shade}}\n{ID}{ANSWER}");
    assert_eq!(
        problems_of(&operation(&said), THING),
        [
            "GET /things/{id}: `x-answer`: path parameter `shade` is not in the path",
            "GET /things/{id}: `x-answer`: the answer has no property `colour`",
        ]
    );
}

#[test]
fn a_segment_of_a_path_is_a_word_or_one_parameter() {
    let path = format!("  /things/{{id}}.json:\n    get:\n{}", operation(&format!("{ID}{OK}")));
    assert_eq!(
        problems(&path, ""),
        ["GET /things/{id}.json: path segment `{id}.json` is neither a word nor one parameter, and cannot be compared"]
    );
}
