//! The body of an answer, read within caps: what one answer may hold, and what all answers of a session may.
//!
//! A server that means harm, or that is broken, must not cost more memory than a large one that works. An answer is text first and
//! values afterwards, and values take more room: `{}` is two bytes of text and, as a row of a list, up to two kilobytes of memory.
//! So an answer is weighed before anything is made of it.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};

use crate::{
    limits::{MOST_ANSWERS, MOST_BYTES, MOST_ROWS, MOST_VALUES_BYTES, TooMuch},
    memory,
};

/// What the answers of a session were together.
#[derive(Debug, Default)]
pub struct Received {
    answers: AtomicU64,
    rows: AtomicU64,
    bytes: AtomicU64,
}

impl Received {
    fn count(&self, bytes: usize, rows: usize) -> Result<(), TooMuch> {
        let grown = |total: &AtomicU64, more: u64| total.fetch_add(more, Ordering::Relaxed).saturating_add(more);
        let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        if grown(&self.answers, 1) > MOST_ANSWERS {
            Err(TooMuch::RunAnswers)
        } else if grown(&self.rows, number(rows)) > MOST_ROWS {
            Err(TooMuch::RunRows)
        } else if grown(&self.bytes, number(bytes)) > MOST_BYTES {
            Err(TooMuch::RunBytes)
        } else {
            Ok(())
        }
    }
}

/// The body of a successful answer while it comes in.
#[derive(Debug)]
pub struct AnswerBody {
    text: BytesMut,
    longest: usize,
}

impl AnswerBody {
    /// Nothing yet, and never more than `longest` bytes.
    #[must_use]
    pub fn new(longest: usize) -> Self {
        Self { text: BytesMut::new(), longest }
    }

    /// The next piece.
    ///
    /// # Errors
    /// When there is more than may be.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), TooMuch> {
        if self.text.len() + piece.len() > self.longest {
            return Err(TooMuch::Bytes(self.longest));
        }
        memory::take(piece.len())?;
        self.text.extend_from_slice(piece);
        Ok(())
    }

    /// The whole, once it is known that values can be made of it. `received` is what came before, where there is an end of that.
    ///
    /// # Errors
    /// When they would need too much memory, alone or with all that came before.
    pub fn finish(self, received: Option<&Received>) -> Result<Bytes, TooMuch> {
        let weight = Weight::of(&self.text);
        weight.check()?;
        if let Some(received) = received {
            received.count(self.text.len(), weight.rows)?;
        }
        memory::take(weight.memory())?;
        Ok(self.text.freeze())
    }
}

/// Whether values can be made of this JSON without taking more memory than one answer may: for what comes in other ways than as
/// an answer's body.
///
/// # Errors
/// [`TooMuch::Values`] when they cannot.
pub fn weigh(json: &[u8]) -> Result<(), TooMuch> {
    Weight::of(json).check()
}

/// How much there is in a JSON text, found without making anything of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Weight {
    /// Elements of the outermost list, also of one that stands in an object, as Kubernetes sends them.
    rows: usize,
    /// Objects and lists within rows.
    parts: usize,
    /// Everything that stands between commas.
    values: usize,
    /// Names with a value.
    entries: usize,
}

impl Weight {
    /// The memory of a row without its texts: the largest type of a generated client has less.
    const ROW: usize = 2048;
    /// The memory of an object or list within a row.
    const PART: usize = 256;
    /// The memory of any value.
    const VALUE: usize = 48;
    /// The memory of an entry in a map, more than that of its value: the place for its name, the name by itself, however short, and what a map
    /// keeps free.
    const ENTRY: usize = 112;

    fn of(json: &[u8]) -> Self {
        let (mut weight, mut depth, mut in_text, mut escaped) = (Self::default(), 0_usize, false, false);
        // `[{`, or `{"items":[{`
        let first = json.iter().find(|byte| !byte.is_ascii_whitespace());
        let depth_of_rows = if first == Some(&b'[') { 1 } else { 2 };
        for byte in json {
            if in_text {
                (in_text, escaped) = (escaped || *byte != b'"', !escaped && *byte == b'\\');
                continue;
            }
            match byte {
                b'"' => in_text = true,
                b'{' | b'[' => {
                    if depth <= depth_of_rows {
                        weight.rows += 1;
                    } else {
                        weight.parts += 1;
                    }
                    depth += 1;
                }
                b'}' | b']' => depth = depth.saturating_sub(1),
                b',' => weight.values += 1,
                b':' => weight.entries += 1,
                _ => {}
            }
        }
        weight
    }

    /// The memory that its values need, generously estimated; texts are as long as they were.
    const fn memory(self) -> usize {
        self.rows
            .saturating_mul(Self::ROW)
            .saturating_add(self.parts.saturating_mul(Self::PART))
            .saturating_add(self.values.saturating_mul(Self::VALUE))
            .saturating_add(self.entries.saturating_mul(Self::ENTRY))
    }

    const fn check(self) -> Result<(), TooMuch> {
        if self.memory() > MOST_VALUES_BYTES { Err(TooMuch::Values) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MIB;

    fn list_of(row: &str, times: usize) -> String {
        format!("[{}]", vec![row; times].join(","))
    }

    #[test]
    fn an_answer_of_tiny_objects_is_refused_before_anything_is_made_of_it() {
        for row in ["{}", "[]", "{\"a\":{}}"] {
            assert_eq!(weigh(list_of(row, 1_000_000).as_bytes()), Err(TooMuch::Values), "{row}");
        }
        let nested = format!("[{{\"mappers\":{}}}]", list_of("{}", 1_000_000));
        assert_eq!(weigh(nested.as_bytes()), Err(TooMuch::Values));
        let items = format!("{{\"items\":{}}}", list_of("{}", 1_000_000));
        assert_eq!(weigh(items.as_bytes()), Err(TooMuch::Values));
        assert_eq!(weigh(list_of("1", 3_000_000).as_bytes()), Err(TooMuch::Values));
    }

    #[test]
    fn an_answer_of_tiny_entries_is_refused_before_a_map_is_made_of_it() {
        let entries: Vec<String> = (0..500_000).map(|number| format!("\"{number:x}\":1")).collect();
        for text in [format!("{{{}}}", entries.join(",")), format!("[{{\"config\":{{{}}}}}]", entries.join(","))] {
            assert_eq!(weigh(text.as_bytes()), Err(TooMuch::Values));
        }
    }

    #[test]
    fn lists_of_a_large_platform_are_not() {
        let user = r#"{"id":"1","username":"u","email":"u@example.com","attributes":{"a":["1"],"b":["2"]},"access":{"manage":true,"view":true}}"#;
        assert_eq!(weigh(list_of(user, 500).as_bytes()), Ok(()));
        let mapper =
            r#"{"id":"1","name":"m","protocol":"openid-connect","config":{"claim.name":"groups","full.path":"false"}}"#;
        let client =
            format!(r#"{{"clientId":"c","redirectUris":["a","b"],"protocolMappers":{}}}"#, list_of(mapper, 10));
        assert_eq!(weigh(list_of(&client, 2_000).as_bytes()), Ok(()));
    }

    #[test]
    fn what_stands_in_a_text_is_not_counted() {
        let weight = Weight::of(br#"["a,{[\",{[","\\",{"b":1,"c":"]}"}]"#);
        assert_eq!(weight, Weight { rows: 2, parts: 0, values: 3, entries: 2 });
    }

    #[test]
    fn a_run_has_an_end_of_answers_rows_and_bytes() {
        let received = Received::default();
        assert_eq!(received.count(10, 10), Ok(()));
        assert_eq!(received.count(0, 10_000_000), Err(TooMuch::RunRows));
        let received = Received::default();
        assert_eq!((0..4).map(|_| received.count(1024 * MIB, 0)).last(), Some(Ok(())));
        assert_eq!(received.count(1, 0), Err(TooMuch::RunBytes));
        let received = Received { answers: MOST_ANSWERS.into(), ..Received::default() };
        assert_eq!(received.count(0, 0), Err(TooMuch::RunAnswers));
    }
}
