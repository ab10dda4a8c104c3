//! From sources to typed values: read, merge, check against the schema, check across objects, give types.

use serde::Deserialize as _;
use serde_path_to_error::Segment;

use super::compose::Finding;
use super::document::{Document, Read};
use super::model::Values;
use super::path::{Step, ValuePath};
use super::problem::{Problem, Problems};
use super::schema::Schema;
use super::semantics;
use super::source::Source;
use super::tree::Node;

impl Values {
    /// Reads `sources` in their order as layers over the built-in defaults, then `sets` (`path=value`), and
    /// checks the whole against `schema` and across objects.
    ///
    /// # Errors
    /// All problems of all layers at once, in the order of the sources. They hold no value, and their source
    /// lines show no secret.
    pub fn load(sources: Vec<Source>, sets: &[String], schema: &Schema) -> Result<(Self, Document), Problems> {
        let mut read = Read::layers(sources, sets, schema);
        let mut findings = std::mem::take(&mut read.findings);
        let root = read.document.root();
        match schema.findings(root, read.complete) {
            Ok(found) => findings.extend(found),
            Err(invalid) => return Err(Problem::new(invalid.to_string()).into()),
        }
        if read.complete {
            findings.extend(semantics::findings(root));
        }
        read.problems(findings).into_result(())?;
        match typed(root) {
            Ok(values) => Ok((values, read.document)),
            Err(finding) => Err(read.problems(vec![finding])),
        }
    }
}

fn typed(root: &Node) -> Result<Values, Finding> {
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(root, &mut track);
    Values::deserialize(tracked).map_err(|error| {
        let mut path = ValuePath::root();
        for segment in track.path().iter() {
            match segment {
                Segment::Seq { index } => path.push(Step::Index(*index)),
                Segment::Map { key } => path.push(Step::Key(key.clone())),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        Finding::at(root.nearest(&path).node.origin, format!("`{path}`: {error}"))
    })
}
