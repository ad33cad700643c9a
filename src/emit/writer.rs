//! Any value as YAML in block style, written while serde walks through it.
//!
//! A map stands two columns further in than the key that holds it, and a list at the column of that key.

use std::fmt::{self, Display, Write as _};

use serde::ser::{self, Impossible, Serialize, Serializer};

use super::{EmitError, quote};

/// The most bytes, as written, of a key that stands on one line with its colon. YAML allows 1024 characters (1.2.2,
/// section 7.4); a longer key is announced by `?`, and its value begins a line.
const MAX_SIMPLE_KEY: usize = 128;

/// What stands on the line before a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At most indicators such as `- `: a list or a map begins here.
    Start,
    /// A key and its colon: only a scalar stands on the same line.
    AfterKey,
    /// What is written is the key itself: a scalar, and no line ends behind it.
    Key,
}

/// Writes one value at the end of a text.
pub(super) struct Writer<'o> {
    out: &'o mut String,
    place: Place,
    /// The column of the list or map that the value is or, after a key, stands in.
    column: usize,
}

impl<'o> Writer<'o> {
    /// For a whole document; the text must end with a line feed or be empty.
    pub(super) fn new(out: &'o mut String) -> Self {
        Writer { out, place: Place::Start, column: 0 }
    }

    fn scalar(self, push: impl FnOnce(&mut String)) {
        if self.place == Place::AfterKey {
            self.out.push(' ');
        }
        push(self.out);
        if self.place != Place::Key {
            self.out.push('\n');
        }
    }

    /// A value whose text no reader mistakes.
    fn bare(self, value: impl Display) -> Result<(), EmitError> {
        let mut result = Ok(());
        self.scalar(|out| result = write!(out, "{value}"));
        result.map_err(|fmt::Error| EmitError("a value could not be shown".into()))
    }

    /// A list (`[]`) or map (`{}`) whose lines stand `deeper` columns further in than the key before it.
    fn block(self, deeper: usize, empty: &'static str) -> Result<Block<'o>, EmitError> {
        let (column, below) = match self.place {
            Place::Start => (self.column, false),
            Place::AfterKey => (self.column + deeper, true),
            Place::Key => return unknown("a key that is not a text"),
        };
        Ok(Block { out: self.out, column, below, empty: Some(empty), long_key: false })
    }
}

/// A list or a map, line by line.
pub(super) struct Block<'o> {
    out: &'o mut String,
    column: usize,
    /// Whether it begins below its key and not on the line that is already begun.
    below: bool,
    /// What is written if nothing is in it, as long as nothing is.
    empty: Option<&'static str>,
    /// Whether the last key was too long to stand before a colon.
    long_key: bool,
}

impl Block<'_> {
    fn begin_line(&mut self) {
        let first = self.empty.take().is_some();
        if first && self.below {
            self.out.push('\n');
        }
        if !first || self.below {
            indent(self.out, self.column);
        }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EmitError> {
        self.begin_line();
        self.out.push_str("- ");
        value.serialize(Writer { out: self.out, place: Place::Start, column: self.column + 2 })
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EmitError> {
        self.begin_line();
        let start = self.out.len();
        key.serialize(Writer { out: self.out, place: Place::Key, column: self.column })?;
        self.long_key = self.out.len() - start > MAX_SIMPLE_KEY;
        if self.long_key {
            self.out.insert_str(start, "? ");
            self.out.push('\n');
            indent(self.out, self.column);
        }
        self.out.push(':');
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EmitError> {
        let mut place = Place::AfterKey;
        let mut column = self.column;
        if self.long_key {
            self.out.push(' ');
            place = Place::Start;
            column += 2;
        }
        value.serialize(Writer { out: self.out, place, column })
    }

    fn finish(self) {
        if let Some(empty) = self.empty {
            if self.below {
                self.out.push(' ');
            }
            self.out.push_str(empty);
            self.out.push('\n');
        }
    }
}

fn indent(out: &mut String, mut columns: usize) {
    const BLANKS: &str = "                                ";
    while columns > BLANKS.len() {
        out.push_str(BLANKS);
        columns -= BLANKS.len();
    }
    out.push_str(&BLANKS[..columns]);
}

/// For what serde knows and no object holds.
fn unknown<T>(what: &str) -> Result<T, EmitError> {
    Err(EmitError(format!("it holds {what}")))
}

impl ser::Error for EmitError {
    fn custom<T: Display>(message: T) -> Self {
        EmitError(message.to_string())
    }
}

macro_rules! bare {
    ($($method:ident($type:ty))*) => {
        $(fn $method(self, value: $type) -> Result<(), EmitError> {
            self.bare(value)
        })*
    };
}

impl<'o> Serializer for Writer<'o> {
    type Ok = ();
    type Error = EmitError;
    type SerializeSeq = Block<'o>;
    type SerializeTuple = Block<'o>;
    type SerializeTupleStruct = Block<'o>;
    type SerializeTupleVariant = Impossible<(), EmitError>;
    type SerializeMap = Block<'o>;
    type SerializeStruct = Block<'o>;
    type SerializeStructVariant = Impossible<(), EmitError>;

    bare! {
        serialize_bool(bool)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
    }

    // Readers of YAML 1.1 and 1.2 do not agree on all of these: `1e3` is a number to some and a text to others.
    fn serialize_f32(self, _: f32) -> Result<(), EmitError> {
        unknown("a number with a fraction")
    }

    fn serialize_f64(self, _: f64) -> Result<(), EmitError> {
        unknown("a number with a fraction")
    }

    fn serialize_str(self, text: &str) -> Result<(), EmitError> {
        self.scalar(|out| quote::push(out, text));
        Ok(())
    }

    fn serialize_char(self, c: char) -> Result<(), EmitError> {
        self.serialize_str(c.encode_utf8(&mut [0; 4]))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), EmitError> {
        unknown("bytes")
    }

    fn serialize_unit(self) -> Result<(), EmitError> {
        self.bare("null")
    }

    fn serialize_none(self) -> Result<(), EmitError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EmitError> {
        value.serialize(self)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), EmitError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), EmitError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), EmitError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), EmitError> {
        unknown(name)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Block<'o>, EmitError> {
        self.block(0, "[]")
    }

    fn serialize_tuple(self, _: usize) -> Result<Block<'o>, EmitError> {
        self.block(0, "[]")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Block<'o>, EmitError> {
        self.block(0, "[]")
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), EmitError>, EmitError> {
        unknown(name)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Block<'o>, EmitError> {
        self.block(2, "{}")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Block<'o>, EmitError> {
        self.block(2, "{}")
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), EmitError>, EmitError> {
        unknown(name)
    }
}

macro_rules! items {
    ($($trait:ident $method:ident)*) => {
        $(impl ser::$trait for Block<'_> {
            type Ok = ();
            type Error = EmitError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EmitError> {
                self.item(value)
            }

            fn end(self) -> Result<(), EmitError> {
                self.finish();
                Ok(())
            }
        })*
    };
}

items! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
}

impl ser::SerializeMap for Block<'_> {
    type Ok = ();
    type Error = EmitError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EmitError> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EmitError> {
        self.value(value)
    }

    fn end(self) -> Result<(), EmitError> {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeStruct for Block<'_> {
    type Ok = ();
    type Error = EmitError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), EmitError> {
        self.key(key)?;
        self.value(value)
    }

    fn end(self) -> Result<(), EmitError> {
        self.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
