//! Values in the making: layer after layer, with the secrets that they need and what they leave out.

use evenkeel_core::object::ObjectId;

use super::{
    NeededSecret,
    decisions::NotKept,
    document::{Layer, Node},
    secrets::Secrets,
};

/// Values in the making, under the decisions of the moment.
#[derive(Debug)]
pub struct Composer<'a> {
    /// What the values leave out because the application does not keep it.
    pub not_kept: &'a NotKept,
    /// The variables that stand for secrets so far.
    pub secrets: Secrets,
    remarks: Vec<String>,
    layers: Vec<Layer>,
}

/// Values, and the secrets that they refer to.
#[derive(Clone, Debug, Default)]
pub struct Composed {
    /// The files, in the order in which they are read.
    pub layers: Vec<Layer>,
    /// The secrets.
    pub secrets: Vec<NeededSecret>,
}

impl<'a> Composer<'a> {
    /// No values yet. The application's name begins every variable for a secret.
    #[must_use]
    pub const fn new(application: &'static str, not_kept: &'a NotKept) -> Self {
        Self { not_kept, secrets: Secrets::of(application), remarks: Vec::new(), layers: Vec::new() }
    }

    /// Whether values may declare an object: the application keeps it as it is declared.
    #[must_use]
    pub fn may_declare(&self, object: &ObjectId) -> bool {
        self.not_kept.allows(object)
    }

    /// Notes what is there and cannot be declared; the layer that comes next says so.
    pub fn remark(&mut self, remark: impl Into<String>) {
        self.remarks.push(remark.into());
    }

    /// Adds a layer, with all remarks since the one before.
    pub fn layer(&mut self, name: &'static str, title: &'static str, content: Node) {
        self.layers.push(Layer { name, title, remarks: std::mem::take(&mut self.remarks), content });
    }

    /// Every layer, in the order in which they were added.
    #[must_use]
    pub fn composed(self) -> Composed {
        Composed { layers: self.layers, secrets: self.secrets.into_needed() }
    }
}
