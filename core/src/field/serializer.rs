//! `serde` into [`Field`]: what a type would write as JSON, with secrets still known as such.

use std::{collections::BTreeMap, fmt};

use serde::{
    Serialize,
    ser::{
        self, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};

use super::{Field, NotFields, SECRET_MARKER};

impl ser::Error for NotFields {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

pub(super) struct FieldSerializer;

type Result<T = Field> = std::result::Result<T, NotFields>;

macro_rules! numbers {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result { Ok(Field::Number(value.into())) })*
    };
}

impl ser::Serializer for FieldSerializer {
    type Ok = Field;
    type Error = NotFields;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Variant<Items>;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Variant<Entries>;

    numbers!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
             serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);

    fn serialize_bool(self, value: bool) -> Result {
        Ok(Field::Bool(value))
    }

    fn serialize_f32(self, value: f32) -> Result {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result {
        Ok(serde_json::Number::from_f64(value).map_or(Field::Null, Field::Number))
    }

    fn serialize_char(self, value: char) -> Result {
        Ok(Field::Text(value.into()))
    }

    fn serialize_str(self, value: &str) -> Result {
        Ok(Field::Text(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result {
        Ok(Field::List(value.iter().map(|byte| Field::Number((*byte).into())).collect()))
    }

    fn serialize_none(self) -> Result {
        Ok(Field::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result {
        Ok(Field::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result {
        Ok(Field::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result {
        match value.serialize(self)? {
            Field::Text(text) if name == SECRET_MARKER => Ok(Field::Secret(text.into())),
            field => Ok(field),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result {
        Ok(tagged(variant, value.serialize(self)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items> {
        Ok(Items(Vec::with_capacity(length.unwrap_or_default())))
    }

    fn serialize_tuple(self, length: usize) -> Result<Items> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Variant<Items>> {
        Ok(Variant(variant, self.serialize_seq(Some(length))?))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries> {
        Ok(Entries::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries> {
        Ok(Entries::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant<Entries>> {
        Ok(Variant(variant, Entries::default()))
    }
}

fn tagged(variant: &'static str, field: Field) -> Field {
    Field::Map(BTreeMap::from([(variant.to_owned(), field)]))
}

/// A list in the making.
pub(super) struct Items(Vec<Field>);

impl Items {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.0.push(Field::of(value)?);
        Ok(())
    }
}

/// A map in the making, with the key that waits for its value.
#[derive(Default)]
pub(super) struct Entries(BTreeMap<String, Field>, Option<String>);

impl Entries {
    fn insert<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<()> {
        self.0.insert(key.to_owned(), Field::of(value)?);
        Ok(())
    }
}

/// An enum variant's content in the making.
pub(super) struct Variant<T>(&'static str, T);

macro_rules! elements {
    ($($trait:ident::$method:ident),*) => {$(
        impl $trait for Items {
            type Ok = Field;
            type Error = NotFields;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.push(value)
            }

            fn end(self) -> Result {
                Ok(Field::List(self.0))
            }
        }
    )*};
}

elements!(SerializeSeq::serialize_element, SerializeTuple::serialize_element, SerializeTupleStruct::serialize_field);

impl SerializeTupleVariant for Variant<Items> {
    type Ok = Field;
    type Error = NotFields;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.1.push(value)
    }

    fn end(self) -> Result {
        Ok(tagged(self.0, Field::List(self.1.0)))
    }
}

impl SerializeMap for Entries {
    type Ok = Field;
    type Error = NotFields;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        let key = match Field::of(key)? {
            Field::Text(text) => text,
            Field::Number(number) => number.to_string(),
            Field::Bool(value) => value.to_string(),
            _ => return Err(ser::Error::custom("a map's key is no text")),
        };
        self.1 = Some(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let key = self.1.take().ok_or_else(|| <NotFields as ser::Error>::custom("a map's value has no key"))?;
        self.insert(&key, value)
    }

    fn end(self) -> Result {
        Ok(Field::Map(self.0))
    }
}

impl SerializeStruct for Entries {
    type Ok = Field;
    type Error = NotFields;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.insert(key, value)
    }

    fn end(self) -> Result {
        Ok(Field::Map(self.0))
    }
}

impl SerializeStructVariant for Variant<Entries> {
    type Ok = Field;
    type Error = NotFields;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.1.insert(key, value)
    }

    fn end(self) -> Result {
        Ok(tagged(self.0, Field::Map(self.1.0)))
    }
}
