//! Reading a JSON body as the real server's parser does: it stops at the first field that the representation lacks and says
//! where, coerces scalars (`5` is a good string, `"true"` a good boolean), and lets text behind the body pass.

use http::StatusCode;
use serde_json::{Map, Number, Value};

use super::answer::Answer;
use super::older;
use super::representations::{Shape, representation};
use super::request::Request;

/// Deepest nesting that is read; a deeper body is bad JSON.
const DEPTH: usize = 200;

/// Why a body was refused.
#[derive(Debug, PartialEq)]
pub(crate) enum Refusal {
    /// Nothing but white space, or `null`.
    Empty,
    /// No JSON.
    Syntax,
    /// A value of another type than the field's.
    Type,
    /// A field that the representation does not have.
    Unknown { representation: &'static str, field: String, line: usize, column: usize },
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let bad = StatusCode::BAD_REQUEST;
        match refusal {
            Refusal::Empty => Self::unhandled(),
            Refusal::Syntax => Self::described(bad, "invalid_request", "Cannot parse the JSON"),
            Refusal::Type => Self::described(bad, "unknown_error", "Cannot parse the JSON"),
            Refusal::Unknown { representation, field, line, column } => Self::error(
                bad,
                format!(
                    "Invalid json representation for {representation}. Unrecognized field \"{field}\" at line {line} column {column}."
                ),
            ),
        }
    }
}

impl Request {
    /// The body as one object of the representation.
    pub(crate) fn object(&self, name: &'static str) -> Result<Map<String, Value>, Answer> {
        self.json_expected()?;
        match read(&self.body, &Shape::Object(name))? {
            Value::Object(map) => older::refuse(self.version, name, &map).map(|()| map),
            _ => Err(Refusal::Type.into()),
        }
    }

    /// The body as a list of objects of the representation.
    pub(crate) fn list(&self, name: &'static str) -> Result<Vec<Map<String, Value>>, Answer> {
        self.json_expected()?;
        match read(&self.body, &Shape::List(Box::new(Shape::Object(name))))? {
            Value::Array(items) => Ok(items
                .into_iter()
                .filter_map(|item| if let Value::Object(map) = item { Some(map) } else { None })
                .collect()),
            _ => Err(Refusal::Type.into()),
        }
    }

    /// 415 for a body that says it is something else. No content type is taken as JSON.
    pub(crate) fn json_expected(&self) -> Result<(), Answer> {
        match self.content_type().as_deref() {
            None | Some("application/json") => Ok(()),
            Some(_) => Err(Answer::error(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The content-type header value did not match the value in @Consumes",
            )),
        }
    }
}

/// Reads the first JSON value of `text` in that shape.
pub(crate) fn read(text: &[u8], shape: &Shape) -> Result<Value, Refusal> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_space();
    if reader.peek().is_none() {
        return Err(Refusal::Empty);
    }
    match reader.value(shape, 0)? {
        Value::Null => Err(Refusal::Empty),
        value => Ok(value),
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Refusal> {
        self.skip_space();
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(Refusal::Syntax)
        }
    }

    fn value(&mut self, shape: &Shape, depth: usize) -> Result<Value, Refusal> {
        self.skip_space();
        if depth > DEPTH {
            return Err(Refusal::Syntax);
        }
        match (self.peek().ok_or(Refusal::Syntax)?, shape) {
            (b'{', Shape::Object(name)) => self.object(name, depth),
            (b'{', Shape::Map(inner)) => self.map(inner, depth),
            (b'{', Shape::Any) => self.map(&Shape::Any, depth),
            (b'[', Shape::List(inner)) => self.array(inner, depth),
            (b'[', Shape::Any) => self.array(&Shape::Any, depth),
            (b'{' | b'[', _) => Err(Refusal::Type),
            _ => coerce(self.scalar()?, shape),
        }
    }

    fn object(&mut self, name: &'static str, depth: usize) -> Result<Value, Refusal> {
        let fields = representation(name).ok_or(Refusal::Type)?;
        self.members(|reader, key| {
            if let Some(shape) = fields.fields.get(&key) {
                let value = reader.value(shape, depth + 1)?;
                return Ok(Some((key, value)));
            }
            if fields.lenient {
                reader.value(&Shape::Any, depth + 1)?;
                return Ok(None);
            }
            let (line, column) = reader.place_in_value()?;
            Err(Refusal::Unknown { representation: name, field: key, line, column })
        })
    }

    fn map(&mut self, inner: &Shape, depth: usize) -> Result<Value, Refusal> {
        self.members(|reader, key| Ok(Some((key, reader.value(inner, depth + 1)?))))
    }

    fn members(
        &mut self,
        mut member: impl FnMut(&mut Self, String) -> Result<Option<(String, Value)>, Refusal>,
    ) -> Result<Value, Refusal> {
        self.expect(b'{')?;
        let mut map = Map::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(map));
        }
        loop {
            self.skip_space();
            let Value::String(key) = self.scalar()? else { return Err(Refusal::Syntax) };
            self.expect(b':')?;
            if let Some((key, value)) = member(self, key)? {
                map.insert(key, value);
            }
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break self.at += 1,
                _ => return Err(Refusal::Syntax),
            }
        }
        Ok(Value::Object(map))
    }

    fn array(&mut self, inner: &Shape, depth: usize) -> Result<Value, Refusal> {
        self.expect(b'[')?;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(inner, depth + 1)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break self.at += 1,
                _ => return Err(Refusal::Syntax),
            }
        }
        Ok(Value::Array(items))
    }

    /// A string, number, boolean or null.
    fn scalar(&mut self) -> Result<Value, Refusal> {
        let end = self.scalar_end()?;
        let value = serde_json::from_slice(&self.text[self.at..end]).map_err(|_| Refusal::Syntax)?;
        self.at = end;
        Ok(value)
    }

    fn scalar_end(&self) -> Result<usize, Refusal> {
        if self.peek() != Some(b'"') {
            let rest = &self.text[self.at..];
            let length = rest.iter().position(|byte| b" \t\r\n,:]}[{\"".contains(byte)).unwrap_or(rest.len());
            return Ok(self.at + length);
        }
        let mut at = self.at + 1;
        loop {
            match self.text.get(at) {
                None => return Err(Refusal::Syntax),
                Some(b'"') => return Ok(at + 1),
                Some(b'\\') => at += 2,
                Some(_) => at += 1,
            }
        }
    }

    /// Where the parser stands after it has looked at a value: behind a literal, but right behind the first byte of a string,
    /// list or object. Lines and columns count from 1, columns in bytes.
    fn place_in_value(&mut self) -> Result<(usize, usize), Refusal> {
        self.skip_space();
        let end = match self.peek() {
            Some(b'"' | b'[' | b'{') => self.at + 1,
            _ => self.scalar_end()?,
        };
        let before = &self.text[..end];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        Ok((line, end - line_start + 1))
    }
}

/// A scalar in the field's type. `null` is fine everywhere, an empty string is `null` for numbers and booleans.
fn coerce(value: Value, shape: &Shape) -> Result<Value, Refusal> {
    Ok(match (shape, value) {
        (_, Value::Null) => Value::Null,
        (Shape::Any, value) => value,
        (Shape::Text, Value::String(text)) => Value::String(text),
        (Shape::Text, scalar) => Value::String(scalar.to_string()),
        (Shape::Flag, Value::Bool(flag)) => Value::Bool(flag),
        (Shape::Flag, Value::Number(number)) => Value::Bool(number.as_i64().ok_or(Refusal::Type)? != 0),
        (Shape::Flag, Value::String(text)) => match text.trim() {
            "" => Value::Null,
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            _ => return Err(Refusal::Type),
        },
        (Shape::Integer, Value::Number(number)) => Value::Number(whole(&number)?),
        (Shape::Integer, Value::String(text)) if text.trim().is_empty() => Value::Null,
        (Shape::Integer, Value::String(text)) => {
            Value::Number(text.trim().parse::<i64>().map_err(|_| Refusal::Type)?.into())
        }
        (Shape::Word(words), Value::String(text)) if words.contains(&text) => Value::String(text),
        _ => return Err(Refusal::Type),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "a fraction is cut off, as the real server's parser does")]
fn whole(number: &Number) -> Result<Number, Refusal> {
    number
        .as_i64()
        .or_else(|| number.as_f64().map(|fraction| fraction.trunc() as i64))
        .map(Number::from)
        .ok_or(Refusal::Type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ROLE: Shape = Shape::Object("RoleRepresentation");

    fn place(text: &str) -> (usize, usize) {
        match read(text.as_bytes(), &ROLE) {
            Err(Refusal::Unknown { line, column, .. }) => (line, column),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_unknown_field_is_placed_as_the_real_server_does() {
        assert_eq!(place(r#"{"name":"x","nope":"a"}"#), (1, 21));
        assert_eq!(place(r#"{"name":"x","nope":true,"name":"z"}"#), (1, 24));
        assert_eq!(place(r#"{"name":"x","nope":{"a":1}}"#), (1, 21));
        assert_eq!(place(r#"{"name":"x","nope":-1.5 }"#), (1, 24));
        assert_eq!(place("{\n \"name\":\"x\",\n \"nope\":1}"), (3, 10));
        assert_eq!(place(r#"{"name":"é","nope":1}"#), (1, 22));
    }

    #[test]
    fn scalars_are_coerced_and_trailing_text_passes() {
        let role = read(br#"{"name":5,"composite":"true"} trailing"#, &ROLE);
        assert_eq!(role, Ok(json!({"name": "5", "composite": true})));
        let client = br#"{"notBefore":5.7,"enabled":"","redirectUris":[1,null]}"#;
        let read_client = read(client, &Shape::Object("ClientRepresentation"));
        assert_eq!(read_client, Ok(json!({"notBefore": 5, "enabled": null, "redirectUris": ["1", null]})));
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_its_kind() {
        assert_eq!(read(b"  ", &ROLE), Err(Refusal::Empty));
        assert_eq!(read(b"null", &ROLE), Err(Refusal::Empty));
        assert_eq!(read(br#"{"name":"#, &ROLE), Err(Refusal::Syntax));
        assert_eq!(read(br#"{"name":{}}"#, &ROLE), Err(Refusal::Type));
        assert_eq!(read(b"[]", &ROLE), Err(Refusal::Type));
        assert_eq!(read(br#"{"composite":"maybe"}"#, &ROLE), Err(Refusal::Type));
    }
}
