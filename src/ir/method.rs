//! HTTP methods and sets of them.

/// A method that a program can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// `GET`, which does not imply `HEAD`.
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
    /// `TRACE`
    Trace,
}

impl Method {
    /// All methods, in the order in which they are written.
    pub const ALL: [Method; 8] = [
        Method::Get,
        Method::Head,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
        Method::Options,
        Method::Trace,
    ];

    /// The method's name.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
            Method::Trace => "TRACE",
        }
    }

    /// The method of a name, in upper case as HTTP has it.
    pub fn from_name(name: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|m| m.name() == name)
    }

    fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// A set of methods. `ANY` holds every method there is, those without a name here too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MethodSet(u16);

impl MethodSet {
    /// No method.
    pub const EMPTY: MethodSet = MethodSet(0);
    /// Every method.
    pub const ANY: MethodSet = MethodSet(0x1ff);

    /// Adds one.
    #[must_use]
    pub fn with(self, method: Method) -> Self {
        MethodSet(self.0 | method.bit())
    }

    /// Those in either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        MethodSet(self.0 | other.0)
    }

    /// Those in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        MethodSet(self.0 & other.0)
    }

    /// Those in the first and not in the second.
    #[must_use]
    pub fn difference(self, other: Self) -> Self {
        MethodSet(self.0 & !other.0)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it is every method there is.
    pub fn is_any(self) -> bool {
        self == Self::ANY
    }

    /// Whether the method of this name is in it; names without a method of ours are in `ANY` alone.
    pub fn contains_name(self, name: &str) -> bool {
        Method::from_name(name).map_or(self.is_any(), |m| self.0 & m.bit() != 0)
    }

    /// The named methods in it, in order; for `ANY` all that have a name.
    pub fn iter(self) -> impl Iterator<Item = Method> {
        Method::ALL.into_iter().filter(move |m| self.0 & m.bit() != 0)
    }

    /// A name that stands for the set in an example: its first method.
    pub fn example(self) -> &'static str {
        self.iter().next().map_or("GET", Method::name)
    }
}

impl std::fmt::Display for MethodSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_any() {
            return f.write_str("ANY");
        }
        let names: Vec<_> = self.iter().map(Method::name).collect();
        f.write_str(&names.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_holds_methods_without_a_name_and_a_list_of_all_names_does_not() {
        let all = Method::ALL.into_iter().fold(MethodSet::EMPTY, MethodSet::with);
        assert!(MethodSet::ANY.contains_name("PROPFIND"));
        assert!(!all.contains_name("PROPFIND"));
        assert_ne!(all, MethodSet::ANY);
        assert_eq!(all.to_string(), "GET HEAD POST PUT PATCH DELETE OPTIONS TRACE");
    }

    #[test]
    fn get_does_not_imply_head() {
        let get = MethodSet::EMPTY.with(Method::Get);
        assert!(get.contains_name("GET") && !get.contains_name("HEAD") && !get.contains_name("get"));
    }
}
