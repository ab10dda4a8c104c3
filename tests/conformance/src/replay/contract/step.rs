//! A step of a contract: an exchange, or something that happens to the server.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Request, Response};

/// One step.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub enum Step {
    /// A request and its answer.
    Exchange(Box<Exchange>),
    /// No request: something happens to the server.
    Event(Event),
}

/// Something that happens to the server between two requests.
#[derive(Debug, Clone)]
pub struct Event {
    /// The step's name.
    pub name: String,
    /// What happens, such as `database down`.
    pub happens: String,
}

/// A request and the answer that was recorded.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub struct Exchange {
    /// The step's name, unique in its file for people's sake only.
    pub name: String,
    /// What is asked.
    pub request: Request,
    /// What was answered.
    pub response: Response,
    /// An exchange that was under way when this one began, and still when this one was answered.
    pub during: Option<Box<Exchange>>,
    /// Variables to take from the answer: a JSON pointer into its body, `header:Name` for the last path segment of a header,
    /// `whole:Name` for all of it, `cookie:Name` for the value of a cookie that is set.
    pub save: BTreeMap<String, String>,
    /// Variables that the value at the pointer must not be.
    pub differs: BTreeMap<String, String>,
    /// Variables that the value at the pointer must be.
    pub same: BTreeMap<String, String>,
    /// Lists of this step that compare as sets, besides the file's own.
    pub unordered: StepUnordered,
    /// Keys of the file's `drop` that were recorded here all the same.
    pub undropped: BTreeSet<String>,
    /// What a reader would not expect.
    pub note: Option<String>,
}

/// What a step says about the order of lists.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum StepUnordered {
    /// Whether the body itself is a list in any order.
    Body(bool),
    /// More keys whose lists come in any order.
    Keys(BTreeSet<String>),
}

impl Default for StepUnordered {
    fn default() -> Self {
        Self::Body(false)
    }
}

/// A step as it is written: read strictly first, then told apart.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(rename = "do")]
    happens: Option<String>,
    request: Option<Request>,
    response: Option<Response>,
    during: Option<Box<Written>>,
    #[serde(default)]
    save: BTreeMap<String, String>,
    #[serde(default)]
    differs: BTreeMap<String, String>,
    #[serde(default)]
    same: BTreeMap<String, String>,
    #[serde(default)]
    unordered: StepUnordered,
    #[serde(default)]
    undropped: BTreeSet<String>,
    note: Option<String>,
}

impl TryFrom<Written> for Step {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written { name, happens: Some(happens), request: None, response: None, during: None, .. } => {
                Ok(Self::Event(Event { name, happens }))
            }
            other => Exchange::try_from(other).map(|exchange| Self::Exchange(Box::new(exchange))),
        }
    }
}

impl TryFrom<Written> for Exchange {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let (None, Some(request), Some(response)) = (written.happens, written.request, written.response) else {
            return Err(format!("step `{}` has neither `do` alone nor `request` and `response`", written.name));
        };
        Ok(Self {
            name: written.name,
            request,
            response,
            during: written.during.map(|during| Self::try_from(*during).map(Box::new)).transpose()?,
            save: written.save,
            differs: written.differs,
            same: written.same,
            unordered: written.unordered,
            undropped: written.undropped,
            note: written.note,
        })
    }
}
