//! What statements look at of a resource. Two resources of which all of that is equal are the same to them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use cedar_policy::pst::{
    BinaryOp, Clause, EntityOrSlot, EntityUID, Expr, Literal, ResourceConstraint, Template, Var,
};

use super::entity::kind;
use super::seen::{Seen, Test, answer, text, value};
use crate::access::{Kind, Resource};

/// What is looked at. The kind always is.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// Attributes of which the value matters.
    attributes: BTreeSet<String>,
    /// Attributes of which only an answer matters: a thousand names that are all not like `db-*` look the same.
    tests: Vec<(String, Test)>,
    tags: BTreeSet<String>,
    /// A tag is looked up by a key that is only known when it is asked.
    every_tag: bool,
    /// The resource is used in a way that is not followed here.
    everything: bool,
    /// Whom the resource is compared with, numbered from 1.
    beings: HashMap<Kind, HashMap<String, u32>>,
    /// Whether it matters what is armed.
    pub(super) armed: bool,
    /// Whether it matters that somebody approved.
    pub(super) approved: bool,
}

impl Looks {
    /// What these statements look at, asked by a principal in these groups.
    pub(super) fn of<'a>(templates: impl Iterator<Item = &'a Template>, chain: &[(Kind, &str)]) -> Self {
        let mut looks = Self::default();
        for (kind, name) in chain {
            looks.compare(*kind, name);
        }
        for template in templates {
            looks.scope(&template.resource);
            for clause in template.clauses() {
                let (Clause::When(condition) | Clause::Unless(condition)) = clause;
                looks.condition(condition);
            }
        }
        if looks.armed {
            // Whether arming would help depends on where the resource belongs, even if no statement looks there.
            looks.attributes.extend(["environment", "environments"].map(String::from));
        }
        let Self { attributes, tests, .. } = &mut looks;
        tests.retain(|(name, _)| !attributes.contains(name));
        looks
    }

    fn compare(&mut self, kind: Kind, id: &str) {
        let number =
            u32::try_from(self.beings.values().map(HashMap::len).sum::<usize>() + 1).unwrap_or(u32::MAX);
        self.beings.entry(kind).or_default().entry(id.to_owned()).or_insert(number);
    }

    fn being(&mut self, uid: &EntityUID) {
        if let Some(kind) = kind(uid) {
            self.compare(kind, uid.eid.as_str());
        }
    }

    fn scope(&mut self, resource: &ResourceConstraint) {
        match resource {
            ResourceConstraint::Any | ResourceConstraint::Is(_) => {}
            ResourceConstraint::Eq(EntityOrSlot::Entity(uid))
            | ResourceConstraint::In(EntityOrSlot::Entity(uid))
            | ResourceConstraint::IsIn(_, EntityOrSlot::Entity(uid)) => self.being(uid),
            _ => self.everything = true,
        }
    }

    /// Without recursion: how deep a condition goes is up to who wrote it.
    fn condition(&mut self, condition: &Arc<Expr>) {
        let mut todo: Vec<&Expr> = vec![condition];
        while let Some(expression) = todo.pop() {
            match expression {
                Expr::GetAttr { expr, attr } => self.attribute(expr, attr.as_str(), &mut todo),
                Expr::HasAttr { expr, attrs } if is_resource(expr) && attrs.len() == 1 => {
                    self.test(attrs.first().as_str(), Test::Has);
                }
                Expr::HasAttr { expr, attrs } => self.attribute(expr, attrs.first().as_str(), &mut todo),
                Expr::Like { expr, pattern } => match attribute_of_resource(expr) {
                    Some(name) => self.test(name, Test::Like(pattern.clone())),
                    None => todo.push(expr),
                },
                Expr::BinaryOp { op, left, right } => self.pair(*op, left, right, &mut todo),
                Expr::Is { expr, in_expr, .. } => {
                    todo.extend(Some(&**expr).filter(|expr| !is_resource(expr)));
                    todo.extend(in_expr.as_deref());
                }
                Expr::UnaryOp { expr, .. } => todo.push(expr),
                Expr::IfThenElse { cond, then_expr, else_expr } => {
                    todo.extend([&**cond, &**then_expr, &**else_expr]);
                }
                Expr::Set(items) => todo.extend(items.iter().map(|item| &**item)),
                Expr::Record(pairs) => todo.extend(pairs.values().map(|item| &**item)),
                Expr::Literal(Literal::EntityUID(uid)) => self.being(uid),
                Expr::Literal(_) | Expr::Var(Var::Principal | Var::Action) => {}
                Expr::Var(Var::Resource) => self.everything = true,
                Expr::Var(Var::Context) => (self.armed, self.approved) = (true, true),
                _ => (self.everything, self.armed, self.approved) = (true, true, true),
            }
        }
    }

    fn test(&mut self, name: &str, test: Test) {
        let test = (name.to_owned(), test);
        if !self.tests.contains(&test) {
            self.tests.push(test);
        }
    }

    fn pair<'a>(&mut self, op: BinaryOp, left: &'a Expr, right: &'a Expr, todo: &mut Vec<&'a Expr>) {
        if let (BinaryOp::Eq | BinaryOp::NotEq, Some((name, text))) = (op, attribute_and_text(left, right)) {
            return self.test(name, Test::Is(text.to_owned()));
        }
        match (op, right) {
            (BinaryOp::HasTag | BinaryOp::GetTag, Expr::Literal(Literal::String(key)))
                if is_resource(left) =>
            {
                self.tags.insert(key.to_string());
            }
            (BinaryOp::HasTag | BinaryOp::GetTag, _) if is_resource(left) => {
                self.every_tag = true;
                todo.push(right);
            }
            // Whom it can be equal to stands in the statement, or is the principal or one of its groups.
            (BinaryOp::Eq | BinaryOp::NotEq | BinaryOp::In, _) => {
                todo.extend([left, right].into_iter().filter(|side| !is_resource(side)));
            }
            _ => todo.extend([left, right]),
        }
    }

    fn attribute<'a>(&mut self, of: &'a Expr, name: &str, todo: &mut Vec<&'a Expr>) {
        match (of, name) {
            (Expr::Var(Var::Resource), name) => {
                self.attributes.insert(name.to_owned());
            }
            (Expr::Var(Var::Context), "armed") => self.armed = true,
            (Expr::Var(Var::Context), "approved") => self.approved = true,
            (Expr::Var(Var::Context), _) => {}
            _ => todo.push(of),
        }
    }

    /// Adds what is looked at of this resource: equal bytes, equal verdict.
    pub(super) fn write(&self, resource: &Resource, key: &mut Vec<u8>) {
        key.push(resource.kind as u8);
        let being = self.beings.get(&resource.kind).and_then(|known| known.get(&resource.id));
        key.extend(being.copied().unwrap_or(0).to_le_bytes());
        // A statement that names it may look at it by that name: `Node::"mi-1".environment`.
        if self.everything || being.is_some() {
            return whole(resource, key);
        }
        if resource.kind == Kind::Environment {
            text(key, &resource.name);
        }
        for name in &self.attributes {
            value(key, &Seen::of(resource, name));
        }
        key.extend(self.tests.iter().map(|(name, test)| answer(&Seen::of(resource, name), test)));
        if self.every_tag {
            return tags(resource, key);
        }
        for name in &self.tags {
            let tag = resource.tags.get(name);
            key.push(u8::from(tag.is_some()));
            text(key, tag.map_or("", String::as_str));
        }
    }
}

fn whole(resource: &Resource, key: &mut Vec<u8>) {
    text(key, &resource.id);
    text(key, &resource.name);
    key.extend(resource.attributes.len().to_le_bytes());
    for (name, it) in &resource.attributes {
        text(key, name);
        value(key, &Seen::Other(it));
    }
    tags(resource, key);
}

fn tags(resource: &Resource, key: &mut Vec<u8>) {
    for (name, it) in &resource.tags {
        text(key, name);
        text(key, it);
    }
}

fn is_resource(expression: &Expr) -> bool {
    matches!(expression, Expr::Var(Var::Resource))
}

/// The attribute of the resource that this is, if it is one whose text is stored as it is.
fn attribute_of_resource(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::GetAttr { expr, attr } if is_resource(expr) && attr != "reference" => Some(attr.as_str()),
        _ => None,
    }
}

/// An attribute of the resource and the text that it is compared with, whichever comes first.
fn attribute_and_text<'a>(left: &'a Expr, right: &'a Expr) -> Option<(&'a str, &'a str)> {
    let text = |it: &'a Expr| match it {
        Expr::Literal(Literal::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let either = |a, b| Some((attribute_of_resource(a)?, text(b)?));
    either(left, right).or_else(|| either(right, left))
}
