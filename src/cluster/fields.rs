//! The fields of an object, read strictly: what has another form than Kubernetes gives it is said with its path.

use serde_json::Value;

use crate::ir::Labels;

/// What is wrong with a field: its path, and what it is not.
#[derive(Debug)]
pub(super) struct Wrong {
    path: String,
    what: &'static str,
}

impl Wrong {
    pub fn new(path: impl Into<String>, what: &'static str) -> Self {
        Wrong { path: path.into(), what }
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "its `{}` is {}", self.path, self.what)
    }
}

/// A map of an object, with the way to it. One that is missing is an empty one.
pub(super) struct Fields<'a> {
    path: String,
    value: Option<&'a Value>,
}

impl<'a> Fields<'a> {
    /// The fields of a whole object.
    pub fn of(value: &'a Value) -> Self {
        Fields { path: String::new(), value: Some(value) }
    }

    /// The fields of an item of a list at this path.
    pub fn item(path: &str, value: &'a Value) -> Self {
        Fields { path: path.to_string(), value: Some(value) }
    }

    /// What stands at a key, unless it is nothing.
    pub fn value(&self, key: &str) -> Option<&'a Value> {
        self.value?.get(key).filter(|value| !value.is_null())
    }

    /// The map itself, if it is there.
    pub fn whole(&self) -> Option<&'a Value> {
        self.value
    }

    /// Whether there is such a key, whatever stands there.
    pub fn has(&self, key: &str) -> bool {
        self.value.is_some_and(|value| value.get(key).is_some())
    }

    /// Whether the map itself is missing.
    pub fn is_absent(&self) -> bool {
        self.value.is_none()
    }

    pub fn map(&self, key: &str) -> Result<Fields<'a>, Wrong> {
        let path = self.path(key);
        match self.value(key) {
            Some(value) if !value.is_object() => Err(Wrong { path, what: "not a map" }),
            value => Ok(Fields { path, value }),
        }
    }

    pub fn list(&self, key: &str) -> Result<&'a [Value], Wrong> {
        match self.value(key) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.wrong(key, "not a list")),
        }
    }

    pub fn text(&self, key: &str) -> Result<Option<String>, Wrong> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(key, "not a string")),
        }
    }

    pub fn flag(&self, key: &str) -> Result<bool, Wrong> {
        match self.value(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong(key, "neither `true` nor `false`")),
        }
    }

    pub fn port(&self, key: &str) -> Result<Option<u16>, Wrong> {
        let number = match self.value(key) {
            None => return Ok(None),
            Some(value) => value.as_u64().and_then(|number| u16::try_from(number).ok()).filter(|number| *number > 0),
        };
        number.map(Some).ok_or_else(|| self.wrong(key, "not the number of a port"))
    }

    pub fn labels(&self, key: &str) -> Result<Labels, Wrong> {
        let map = self.map(key)?;
        let Some(Value::Object(entries)) = map.value else { return Ok(Labels::new()) };
        let mut labels = Labels::new();
        for name in entries.keys() {
            labels.insert(name.clone(), map.text(name)?.unwrap_or_default());
        }
        Ok(labels)
    }

    fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_string() } else { format!("{}.{key}", self.path) }
    }

    fn wrong(&self, key: &str, what: &'static str) -> Wrong {
        Wrong { path: self.path(key), what }
    }
}
