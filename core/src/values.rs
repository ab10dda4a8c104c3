//! Values: layers, model, schema, secret references.
