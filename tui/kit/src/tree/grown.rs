//! How a tree grows: pages that were read, and what must be read next.

use std::collections::HashSet;
use std::hash::Hash;

use super::rows::{Kind, Row};
use super::{Entry, Node, ROOT, Standing, Tree, Want};

impl<K: Clone + Eq + Hash> Tree<K> {
    /// Takes the first page of what is under a branch, and whether there is more. What is not in it any more goes, unless more
    /// was read before: then the rest is read again. What was open stays open.
    pub fn put(&mut self, parent: Option<&K>, page: Vec<Entry<K>>, more: bool) {
        let Some(id) = self.id_of(parent) else { return };
        self.change(id, |tree| {
            let before = std::mem::take(&mut tree.node_mut(id).children);
            let children = tree.children(id, page);
            let kept: HashSet<u32> = children.iter().copied().collect();
            let gone = before.into_iter().filter(|child| !kept.contains(child));
            gone.collect::<Vec<_>>().into_iter().for_each(|child| tree.remove(child));
            tree.read(id, children, more);
        });
    }

    /// Takes the page behind those that are there.
    pub fn append(&mut self, parent: Option<&K>, page: Vec<Entry<K>>, more: bool) {
        let Some(id) = self.id_of(parent) else { return };
        // The row that says "more" gives way to the page: nothing else moves, and nothing else is looked at.
        let said = self.said(id).and_then(|row| self.rows.iter().rposition(|other| *other == row));
        let page: Vec<Entry<K>> = page.into_iter().filter(|entry| !self.contains(&entry.key)).collect();
        let new = self.children(id, page);
        let mut rows: Vec<Row> = new.iter().copied().map(Row::item).collect();
        let node = self.node_mut(id);
        node.children.extend(new);
        node.standing = if more { Standing::More } else { Standing::Whole };
        match said {
            Some(at) => {
                rows.extend(self.said(id));
                self.splice(at..at + 1, rows, false);
            }
            None => self.change(id, |_| {}),
        }
    }

    /// What is under a branch could not be read; opening it again, or reading on, asks anew.
    pub fn fail(&mut self, parent: Option<&K>, why: impl Into<String>) {
        let Some(id) = self.id_of(parent) else { return };
        let why = why.into();
        self.change(id, |tree| tree.node_mut(id).standing = Standing::Failed(why));
    }

    /// What is under a branch is read again from its beginning; what is there stays in sight until then.
    pub fn renew(&mut self, parent: Option<&K>) {
        let Some(id) = self.id_of(parent) else { return };
        self.change(id, |tree| tree.node_mut(id).standing = Standing::Unknown);
    }

    /// Everything that is open is read again.
    pub fn renew_all(&mut self) {
        for node in &mut self.nodes {
            node.standing = Standing::Unknown;
        }
        self.change(ROOT, |_| {});
    }

    /// Takes an item out, with all that is under it.
    pub fn take_out(&mut self, key: &K) {
        let Some(&id) = self.by_key.get(key) else { return };
        let parent = self.node(id).parent;
        self.change(parent, |tree| {
            tree.node_mut(parent).children.retain(|child| *child != id);
            tree.remove(id);
        });
    }

    /// What must be read now: what is open and was not read, and pages whose "more" is in sight or nearly so. Asked for once.
    pub fn wants(&mut self) -> Vec<Want<K>> {
        let screen = self.height.get().max(1);
        let near = self.top.get()..self.top.get().saturating_add(2 * screen);
        let mut wants = Vec::new();
        let mut asked = Vec::new();
        let unread = |node: &Node<K>| node.open && node.standing == Standing::Unknown;
        if unread(self.node(ROOT)) {
            asked.push(ROOT);
        }
        for (at, row) in self.rows.iter().enumerate() {
            let node = self.node(row.node);
            let is_wanted = match row.kind {
                Kind::Item => unread(node),
                Kind::More => near.contains(&at) && node.standing == Standing::More,
                _ => false,
            };
            if is_wanted {
                asked.push(row.node);
            }
        }
        for id in asked {
            wants.extend(self.ask(id));
        }
        wants
    }

    /// Asks for what the row under the cursor says is missing: more, or what could not be read.
    pub(super) fn ask_here(&mut self) {
        let Some(&Row { node, kind }) = self.rows.get(self.cursor) else { return };
        if kind == Kind::Failed {
            self.change(node, |tree| {
                let node = tree.node_mut(node);
                node.standing = if node.children.is_empty() { Standing::Unknown } else { Standing::More };
            });
        }
    }

    fn ask(&mut self, id: u32) -> Option<Want<K>> {
        let node = self.node_mut(id);
        let behind = match node.standing {
            Standing::Unknown => {
                node.standing = Standing::Reading;
                0
            }
            Standing::More => {
                node.standing = Standing::ReadingMore;
                node.children.len()
            }
            _ => return None,
        };
        Some(Want { parent: node.key.clone(), behind })
    }

    fn read(&mut self, id: u32, children: Vec<u32>, more: bool) {
        let node = self.node_mut(id);
        node.children = children;
        node.standing = if more { Standing::More } else { Standing::Whole };
    }

    /// Nodes for entries: those that are there already as they are, others new.
    fn children(&mut self, parent: u32, page: Vec<Entry<K>>) -> Vec<u32> {
        let depth = if parent == ROOT { 0 } else { self.node(parent).depth + 1 };
        let mut children = Vec::with_capacity(page.len());
        let mut seen = HashSet::new();
        for entry in page {
            let known = self.by_key.get(&entry.key).copied();
            let id = match known.filter(|&id| self.node(id).parent == parent) {
                Some(id) => {
                    let node = self.node_mut(id);
                    node.branch = entry.branch;
                    node.open &= entry.branch;
                    id
                }
                // The same thing cannot be in two places.
                None if known.is_some() => continue,
                None => self.add(parent, depth, entry),
            };
            if seen.insert(id) {
                children.push(id);
            }
        }
        children
    }

    fn add(&mut self, parent: u32, depth: u16, entry: Entry<K>) -> u32 {
        let node = Node {
            key: Some(entry.key.clone()),
            parent,
            depth,
            branch: entry.branch,
            open: false,
            standing: Standing::Unknown,
            children: Vec::new(),
        };
        let id = match self.free.pop() {
            Some(id) => {
                self.nodes[id as usize] = node;
                id
            }
            None => {
                self.nodes.push(node);
                u32::try_from(self.nodes.len() - 1).unwrap_or(ROOT)
            }
        };
        self.by_key.insert(entry.key, id);
        id
    }

    /// Takes a node and all under it out of the books; the rows follow.
    fn remove(&mut self, id: u32) {
        let mut gone = vec![id];
        while let Some(id) = gone.pop() {
            let node = self.node_mut(id);
            gone.append(&mut node.children);
            if let Some(key) = node.key.take() {
                self.by_key.remove(&key);
                self.free.push(id);
            }
        }
    }
}
