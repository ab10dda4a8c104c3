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

/// What was found in values, and what can be looked at further.
#[derive(Debug)]
pub struct Inspection {
    /// Everything that is wrong with the layers, the schema and the relations between objects.
    pub problems: Problems,
    /// The values of the sections that are sound, where a layer did not end early. The document says which are [not](Document::lacks).
    pub sound: Option<(Values, Document)>,
}

impl Values {
    /// Reads `sources` in their order as layers over the built-in defaults, then `sets` (`path=value`), and
    /// checks the whole against `schema` and across objects.
    ///
    /// # Errors
    /// All problems of all layers at once, in the order of the sources. They hold no value, and their source
    /// lines show no secret.
    pub fn load(sources: Vec<Source>, sets: &[String], schema: &Schema) -> Result<(Self, Document), Problems> {
        let (read, findings) = checked(sources, sets, schema)?;
        read.problems(findings).into_result(())?;
        match typed(read.document.root()) {
            Ok(values) => Ok((values, read.document)),
            Err(finding) => Err(read.problems(vec![finding])),
        }
    }

    /// As [`load`](Self::load), for whoever wants to know all that is wrong: a section that is sound can be looked at further, although
    /// another is not.
    #[must_use]
    pub fn inspect(sources: Vec<Source>, sets: &[String], schema: &Schema) -> Inspection {
        let (mut read, findings) = match checked(sources, sets, schema) {
            Ok(checked) => checked,
            Err(problems) => return Inspection { problems, sound: None },
        };
        let problems = read.problems(findings);
        if !read.complete {
            return Inspection { problems, sound: None };
        }
        if !problems.is_empty() {
            read.document.keep_sections(|alone, section| is_sound(alone, section, schema));
        }
        match typed(read.document.root()) {
            Ok(values) => Inspection { problems, sound: Some((values, read.document)) },
            Err(finding) if problems.is_empty() => Inspection { problems: read.problems(vec![finding]), sound: None },
            // Without the platform there is nothing.
            Err(_) => Inspection { problems, sound: None },
        }
    }
}

/// The merged layers, and everything in which they differ from what values are.
fn checked(sources: Vec<Source>, sets: &[String], schema: &Schema) -> Result<(Read, Vec<Finding>), Problems> {
    let mut read = Read::layers(sources, sets, schema);
    let mut findings = std::mem::take(&mut read.findings);
    let root = read.document.root();
    findings.extend(schema.findings(root, read.complete).map_err(|invalid| Problem::new(invalid.to_string()))?);
    if read.complete {
        findings.extend(semantics::findings(root));
    }
    Ok((read, findings))
}

/// Whether a section is as it has to be, apart from what it says of objects in others. `alone` holds it and what all sections need.
fn is_sound(alone: &Node, section: &str, schema: &Schema) -> bool {
    let fits_schema = || schema.findings(alone, true).is_ok_and(|findings| findings.is_empty());
    fits_schema() && semantics::of_section(alone, section).is_empty() && typed(alone).is_ok()
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
