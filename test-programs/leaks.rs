//! What never drops, and what looks like it: a cycle of `Rc`, `Box::leak`, `mem::forget`, and the
//! version of the cycle with `Weak`, which does drop. Each `Drop` impl prints its type and place.

use std::cell::RefCell;
use std::mem;
use std::rc::{Rc, Weak};

/// A node of a cycle: it never drops.
struct Node {
    next: RefCell<Option<Rc<Node>>>,
    name: String,
}

impl Drop for Node {
    #[inline(never)]
    fn drop(&mut self) {
        println!("drop Node {}", self.name);
    }
}

/// A node that knows its parent by a `Weak`.
struct Child {
    parent: RefCell<Weak<Child>>,
    children: RefCell<Vec<Rc<Child>>>,
    name: &'static str,
}

impl Drop for Child {
    #[inline(never)]
    fn drop(&mut self) {
        println!("drop Child #"); // #child-drop
    }
}

/// Says when it drops.
struct Guard(&'static str);

impl Drop for Guard {
    #[inline(never)]
    fn drop(&mut self) {
        println!("drop Guard {}", self.0);
    }
}

#[inline(never)]
fn cycle() {
    let first = Rc::new(Node { next: RefCell::new(None), name: "first".to_owned() }); // #cycle-first
    let second =
        Rc::new(Node { next: RefCell::new(Some(first.clone())), name: "second".to_owned() });
    *first.next.borrow_mut() = Some(second.clone()); // #close-cycle
    println!("cycle {} {}", first.name, second.name);
} // #cycle-end

#[inline(never)]
fn tree() {
    let parent =
        Rc::new(Child { parent: RefCell::default(), children: RefCell::default(), name: "parent" });
    let child = Rc::new(Child {
        parent: RefCell::new(Rc::downgrade(&parent)),
        children: RefCell::default(),
        name: "child",
    });
    parent.children.borrow_mut().push(child.clone());
    let up = child.parent.borrow().upgrade().map_or("nobody", |up| up.name); // #upgrade
    println!("tree {up} {}", child.name);
} // #tree-end

#[inline(never)]
fn leaked() -> &'static mut Guard {
    Box::leak(Box::new(Guard("leaked"))) // #leak
}

#[inline(never)]
fn forgotten() {
    let _kept = Guard("forgotten::_kept");
    mem::forget(String::from("forgotten for ever")); // #forget
    mem::forget(Guard("forgotten"));
} // #forgotten-end

fn main() {
    cycle();
    tree();
    let guard = leaked();
    println!("leaked {}", guard.0);
    forgotten();
} // #end
