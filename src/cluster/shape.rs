//! Which parts of an object are read. The rest is skipped where it stands, so that the values of Secrets, for one, are
//! never kept.

use std::cell::Cell;
use std::fmt;

use serde::de::{
    Deserialize as _, DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess,
    VariantAccess as _, Visitor,
};
use serde_json::{Map, Value};

/// What is kept of a value. Where a text has another form than the shape, its form is kept, not its content.
pub(super) enum Shape {
    /// Nothing.
    Nothing,
    /// A string, a number or a boolean.
    Scalar,
    /// Everything.
    All,
    /// The keys of a map, without the values.
    Keys,
    /// These keys of a map.
    Map(&'static [(&'static str, Shape)]),
    /// The items of a list.
    List(&'static Shape),
}

/// An object, or a list of objects.
pub(super) static OBJECT: Shape = Shape::Map(&[
    ("apiVersion", Shape::Scalar),
    ("kind", Shape::Scalar),
    ("metadata", METADATA),
    ("type", Shape::Scalar),
    ("data", Shape::Keys),
    ("stringData", Shape::Keys),
    ("spec", SPEC),
    ("status", Shape::Map(&[("phase", Shape::Scalar)])),
    ("items", Shape::List(&OBJECT)),
]);

const METADATA: Shape = Shape::Map(&[
    ("name", Shape::Scalar),
    ("namespace", Shape::Scalar),
    ("labels", Shape::All),
    ("annotations", ANNOTATIONS),
    ("ownerReferences", Shape::List(&Shape::Map(&[("kind", Shape::Scalar)]))),
]);

/// Not all of them: an annotation may hold the object as it was applied, with its data.
const ANNOTATIONS: Shape = Shape::Map(&[
    ("sidecar.istio.io/inject", Shape::Scalar),
    ("sidecar.istio.io/interceptionMode", Shape::Scalar),
    ("traffic.sidecar.istio.io/excludeInboundPorts", Shape::Scalar),
    ("traffic.sidecar.istio.io/includeInboundPorts", Shape::Scalar),
    ("traffic.sidecar.istio.io/excludeInterfaces", Shape::Scalar),
    ("inject.istio.io/templates", Shape::Scalar),
]);

/// The spec of a Service, a Pod, a workload or one of Istio's objects.
const SPEC: Shape = Shape::Map(&[
    ("selector", Shape::All),
    ("action", Shape::Scalar),
    ("rules", Shape::All),
    ("hosts", Shape::All),
    ("gateways", Shape::All),
    ("jwtRules", Shape::All),
    ("http", Shape::List(&HTTP)),
    ("type", Shape::Scalar),
    ("externalName", Shape::Scalar),
    ("ports", Shape::List(&PORT)),
    ("hostNetwork", Shape::Scalar),
    ("containers", Shape::List(&CONTAINER)),
    ("initContainers", Shape::List(&CONTAINER)),
    ("template", Shape::Map(&[("metadata", METADATA), ("spec", POD_SPEC)])),
]);

const POD_SPEC: Shape = Shape::Map(&[
    ("hostNetwork", Shape::Scalar),
    ("containers", Shape::List(&CONTAINER)),
    ("initContainers", Shape::List(&CONTAINER)),
]);

/// Where a route of a VirtualService leads.
static HTTP: Shape =
    Shape::Map(&[("route", Shape::List(&Shape::Map(&[("destination", Shape::Map(&[("host", Shape::Scalar)]))])))]);

static PORT: Shape = Shape::Map(&[
    ("name", Shape::Scalar),
    ("port", Shape::Scalar),
    ("targetPort", Shape::Scalar),
    ("protocol", Shape::Scalar),
    ("appProtocol", Shape::Scalar),
]);

static CONTAINER: Shape = Shape::Map(&[
    ("name", Shape::Scalar),
    ("ports", Shape::List(&Shape::Map(&[("name", Shape::Scalar), ("containerPort", Shape::Scalar)]))),
]);

/// How much may still be read.
///
/// Without aliases a text holds at most as many nodes and characters as it has bytes. With them, a few lines can stand
/// for billions; what `kubectl` writes has none.
pub(super) struct Budget(Option<Cell<usize>>);

impl Budget {
    /// For a text without aliases.
    pub fn unlimited() -> Self {
        Budget(None)
    }

    /// For a text of this many bytes, which may repeat itself within reason.
    pub fn new(bytes: usize) -> Self {
        Budget(Some(Cell::new(bytes.saturating_mul(4).saturating_add(1024))))
    }

    fn spend<E: Error>(&self, much: usize) -> Result<(), E> {
        let Some(left) = &self.0 else { return Ok(()) };
        let Some(less) = left.get().checked_sub(much + 1) else {
            return Err(E::custom("it repeats itself by aliases without measure"));
        };
        left.set(less);
        Ok(())
    }
}

/// Reads a value of a shape.
pub(super) struct Keep<'a> {
    pub shape: &'static Shape,
    pub budget: &'a Budget,
}

impl<'de> DeserializeSeed<'de> for Keep<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keep<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of a Kubernetes object")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.scalar(0, || Value::from(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.scalar(0, || Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.scalar(0, || Value::from(value))
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Value, E> {
        self.scalar(0, || Value::from(f64::MAX))
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Value, E> {
        self.scalar(0, || Value::from(f64::MAX))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.scalar(0, || Value::from(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.scalar(value.len(), || Value::from(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.budget.spend(0)?;
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    /// A tag of YAML; what stands behind it is read as if there were none.
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Value, A::Error> {
        let (_, value) = tagged.variant_seed(Key(self.budget))?;
        value.newtype_variant_seed(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.budget.spend(0)?;
        let shape: &'static Shape = match self.shape {
            Shape::List(shape) => shape,
            Shape::All => &Shape::All,
            Shape::Nothing | Shape::Scalar | Shape::Keys | Shape::Map(_) => {
                while items.next_element_seed(Skip(self.budget))?.is_some() {}
                return Ok(Value::Array(Vec::new()));
            }
        };
        let mut kept = Vec::new();
        while let Some(item) = items.next_element_seed(Keep { shape, budget: self.budget })? {
            kept.push(item);
        }
        Ok(Value::Array(kept))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.budget.spend(0)?;
        let mut kept = Map::new();
        while let Some(key) = entries.next_key_seed(Key(self.budget))? {
            let inner: Option<&'static Shape> = match self.shape {
                Shape::Map(keys) => keys.iter().find(|(name, _)| *name == key).map(|(_, shape)| shape),
                Shape::All => Some(&Shape::All),
                Shape::Keys => {
                    entries.next_value_seed(Skip(self.budget))?;
                    kept.insert(key, Value::Null);
                    continue;
                }
                Shape::Nothing | Shape::Scalar | Shape::List(_) => None,
            };
            let Some(shape) = inner else {
                entries.next_value_seed(Skip(self.budget))?;
                continue;
            };
            let value = entries.next_value_seed(Keep { shape, budget: self.budget })?;
            if kept.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` stands twice in one map")));
            }
            kept.insert(key, value);
        }
        Ok(Value::Object(kept))
    }
}

impl Keep<'_> {
    fn scalar<E: Error>(&self, bytes: usize, value: impl FnOnce() -> Value) -> Result<Value, E> {
        self.budget.spend(bytes)?;
        Ok(match self.shape {
            Shape::Nothing => Value::Null,
            // A Secret whose `data` is a string is wrong, and its value is nobody's business all the same.
            Shape::Keys => Value::Bool(false),
            Shape::Scalar | Shape::All | Shape::Map(_) | Shape::List(_) => value(),
        })
    }
}

/// Passes over a value. What aliases stand for is walked through each time, and counts each time.
struct Skip<'a>(&'a Budget);

impl<'de> DeserializeSeed<'de> for Skip<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.0.0.is_none() {
            return IgnoredAny::deserialize(deserializer).map(|_| ());
        }
        Keep { shape: &Shape::Nothing, budget: self.0 }.deserialize(deserializer).map(|_| ())
    }
}

/// The key of a map; one that is no scalar is that of no object that is looked at.
struct Key<'a>(&'a Budget);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        let key = Keep { shape: &Shape::Scalar, budget: self.0 }.deserialize(deserializer)?;
        Ok(match key {
            Value::String(text) => text,
            other => other.to_string(),
        })
    }
}
