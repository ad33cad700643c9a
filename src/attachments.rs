//! The contents of the files that a program names.

use std::collections::BTreeMap;

/// What stands in the files that a program names, or why one of them could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attachments(BTreeMap<(String, String), Result<String, String>>);

impl Attachments {
    /// Adds a file: the path of the `.mesh` file that names it, its path as written there, and its text or the reason
    /// why there is none.
    pub fn insert(&mut self, source: String, path: String, content: Result<String, String>) {
        self.0.insert((source, path), content);
    }

    /// The text of the file that `source` names `path`, or why there is none.
    pub fn get(&self, source: &str, path: &str) -> Result<&str, &str> {
        match self.0.get(&(source.to_string(), path.to_string())) {
            Some(Ok(text)) => Ok(text),
            Some(Err(reason)) => Err(reason),
            None => Err("it was not read"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_one_that_names_it() {
        let mut attachments = Attachments::default();
        attachments.insert("a.mesh".into(), "keys.json".into(), Ok("{}".into()));
        attachments.insert("b/b.mesh".into(), "keys.json".into(), Err("no such file".into()));
        assert_eq!(attachments.get("a.mesh", "keys.json"), Ok("{}"));
        assert_eq!(attachments.get("b/b.mesh", "keys.json"), Err("no such file"));
        assert_eq!(attachments.get("c.mesh", "keys.json"), Err("it was not read"));
    }
}
