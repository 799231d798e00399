//! Where in a document something stands.

use std::fmt;

/// One step down into a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    Member(String),
    Entry(usize),
}

/// The way from the root of a document to a value, such as `mainSteps[0].action`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path(Vec<Segment>);

impl Path {
    pub(crate) fn member(&self, name: &str) -> Self {
        self.down(Segment::Member(name.to_owned()))
    }

    pub(crate) fn entry(&self, index: usize) -> Self {
        self.down(Segment::Entry(index))
    }

    fn down(&self, segment: Segment) -> Self {
        let mut longer = self.clone();
        longer.0.push(segment);
        longer
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the document");
        }
        for (i, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Member(name) if i == 0 => f.write_str(name)?,
                Segment::Member(name) => write!(f, ".{name}")?,
                Segment::Entry(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
