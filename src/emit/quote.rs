//! The quote guard: a text stays a text for every reader of YAML.
//!
//! `serde_yaml` writes YAML 1.2 and leaves `no`, `on`, `y`, `1_000`, `12:30`, `=` and `<<` bare. kubectl and istioctl
//! read YAML 1.1 and take them for booleans, numbers, a default and a merge; so does Envoy for the Boolean words.
//! `serde_yaml` has no way to ask for quotes, so the guard marks such a text on its way in and turns the marks into
//! quotes on the way out. It wraps the serializer, so that typed objects are written in one pass.
//!
//! The marks are two private-use characters. Where they occur in a text they are themselves marked, so that every text
//! comes out as it went in.

use std::borrow::Cow;

use serde::ser::{self, Serialize, Serializer};

/// Becomes a quote.
const QUOTE: char = '\u{E000}';
/// Announces one of the letters below.
const ESCAPE: char = '\u{E001}';
/// After [`ESCAPE`]: a text's own U+E000.
const OWN_QUOTE: char = 'a';
/// After [`ESCAPE`]: a text's own U+E001.
const OWN_ESCAPE: char = 'b';
/// After [`ESCAPE`], and before U+FFFF: nothing. U+FFFF is not printable, which makes the writer take double quotes and
/// write every line break of Unicode as an escape. Readers do not agree on them where they stand bare.
const DOUBLE: char = 'c';
/// How U+FFFF is written.
const UNPRINTABLE: &str = "\\uFFFF";

/// The first byte of both marks, and of the characters beside them.
const LEAD: u8 = 0xEE;

/// Whether some reader of YAML 1.1 or 1.2 takes the bare text for something else than a text, where `serde_yaml` does
/// not quote it by itself. It says yes too often rather than too rarely: quotes never do harm.
fn is_ambiguous(text: &str) -> bool {
    let Some(first) = text.bytes().next() else { return false };
    match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => text.bytes().all(is_numeric),
        // One reader takes a bare exponent for a number without a value.
        b'e' | b'E' => text.len() > 1 && text.bytes().skip(1).all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-')),
        b'y' | b'Y' | b'n' | b'N' | b'o' | b'O' | b't' | b'T' | b'f' | b'F' | b'=' | b'<' | b'~' => {
            let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "=", "<<", "~"];
            text.len() <= 5 && words.iter().any(|word| text.eq_ignore_ascii_case(word))
        }
        _ => false,
    }
}

/// A character of a number in any base, of a number in base sixty, of a date or of a time.
fn is_numeric(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
        || matches!(
            byte,
            b'_' | b':' | b'.' | b'+' | b'-' | b'x' | b'X' | b'o' | b'O' | b't' | b'T' | b'z' | b'Z' | b' '
        )
}

/// The text with the marks that it needs.
fn mark(text: &str) -> Cow<'_, str> {
    if is_ambiguous(text) {
        return Cow::Owned(format!("{QUOTE}{text}{QUOTE}"));
    }
    if text.is_ascii() || !text.contains([QUOTE, ESCAPE, '\u{85}', '\u{2028}', '\u{2029}']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    if text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
        out.extend([ESCAPE, DOUBLE, '\u{FFFF}']);
    }
    for c in text.chars() {
        match c {
            QUOTE => out.extend([ESCAPE, OWN_QUOTE]),
            ESCAPE => out.extend([ESCAPE, OWN_ESCAPE]),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Appends what the writer wrote, with the marks resolved.
pub(super) fn finish(written: &str, out: &mut String) {
    // No mark is ASCII, and most objects are nothing else.
    if written.is_ascii() {
        out.push_str(written);
        return;
    }
    let mut rest = written;
    while let Some(at) = rest.as_bytes().iter().position(|&b| b == LEAD) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let mut chars = from.chars();
        match chars.next() {
            Some(QUOTE) => out.push('\''),
            Some(ESCAPE) => match chars.next() {
                Some(OWN_QUOTE) => out.push(QUOTE),
                Some(OWN_ESCAPE) => out.push(ESCAPE),
                _ => chars = chars.as_str().strip_prefix(UNPRINTABLE).unwrap_or(chars.as_str()).chars(),
            },
            Some(other) => out.push(other),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
}

/// A serializer, or a part of one, that marks every text on its way into the wrapped one.
pub(super) struct Quoted<S>(pub S);

/// A value whose texts are marked.
struct Marked<'a, T: ?Sized>(&'a T);

impl<T: Serialize + ?Sized> Serialize for Marked<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Quoted(serializer))
    }
}

macro_rules! pass_on {
    ($($method:ident($type:ty);)*) => {
        $(fn $method(self, value: $type) -> Result<S::Ok, S::Error> {
            self.0.$method(value)
        })*
    };
}

impl<S: Serializer> Serializer for Quoted<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Quoted<S::SerializeSeq>;
    type SerializeTuple = Quoted<S::SerializeTuple>;
    type SerializeTupleStruct = Quoted<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Quoted<S::SerializeTupleVariant>;
    type SerializeMap = Quoted<S::SerializeMap>;
    // The names of fields are texts too: a struct is written as a map, so that they pass the guard.
    type SerializeStruct = Quoted<S::SerializeMap>;
    type SerializeStructVariant = Quoted<S::SerializeStructVariant>;

    fn serialize_str(self, text: &str) -> Result<S::Ok, S::Error> {
        self.0.serialize_str(&mark(text))
    }

    fn serialize_char(self, c: char) -> Result<S::Ok, S::Error> {
        self.serialize_str(c.encode_utf8(&mut [0; 4]))
    }

    pass_on! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_bytes(&[u8]);
        serialize_unit_struct(&'static str);
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Marked(value))
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, &Marked(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_variant(name, index, variant, &Marked(value))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.0.serialize_seq(length).map(Quoted)
    }

    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.0.serialize_tuple(length).map(Quoted)
    }

    fn serialize_tuple_struct(self, name: &'static str, length: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.0.serialize_tuple_struct(name, length).map(Quoted)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.0.serialize_tuple_variant(name, index, variant, length).map(Quoted)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.0.serialize_map(length).map(Quoted)
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Self::SerializeStruct, S::Error> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.0.serialize_struct_variant(name, index, variant, length).map(Quoted)
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident;)*) => {
        $(impl<S: ser::$trait> ser::$trait for Quoted<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
                self.0.$method(&Marked(value))
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        })*
    };
}

elements! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

impl<S: ser::SerializeMap> ser::SerializeMap for Quoted<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.0.serialize_key(&Marked(key))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_value(&Marked(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

impl<S: ser::SerializeMap> ser::SerializeStruct for Quoted<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), S::Error> {
        self.0.serialize_entry(&Marked(key), &Marked(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

impl<S: ser::SerializeStructVariant> ser::SerializeStructVariant for Quoted<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), S::Error> {
        self.0.serialize_field(key, &Marked(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

#[cfg(test)]
mod tests;
