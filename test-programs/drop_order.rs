//! Every way in which a value comes to its end, one function for each. Each `Drop` impl prints its
//! type and the place in which the value then is (`?` where it has no name), so that the program
//! itself tells in which order they drop.

use std::cell::RefCell;
use std::hint::black_box;
use std::mem::{self, ManuallyDrop};
use std::rc::Rc;

/// Says when it drops, and what its place is then. It has no heap.
struct Guard(&'static str);

impl Drop for Guard {
    #[inline(never)]
    fn drop(&mut self) {
        println!("drop Guard {}", self.0); // #guard-drop
    }
}

impl Guard {
    fn name(&self) -> &'static str {
        self.0
    }

    fn check(&self, fine: bool) -> Result<u8, ()> {
        if fine { Ok(1) } else { Err(()) }
    }
}

/// Fields drop in the order of their declaration, behind the body of its own `drop`.
struct Holder {
    first: Guard,
    text: String,
    second: Guard,
}

impl Drop for Holder {
    #[inline(never)]
    fn drop(&mut self) {
        println!("drop Holder {}", self.text); // #holder-drop
    }
}

/// A type without a `Drop` impl of its own: its fields are dropped by what the compiler makes.
struct Pair {
    left: Guard,
    right: Guard,
}

/// Both variants have their guard at one offset.
#[allow(dead_code)]
enum Side {
    Left { one: Guard, other: u64 },
    Right(Guard, u64),
}

#[inline(never)]
fn in_reverse() {
    let _a = Guard("in_reverse::_a"); // #declare-a
    let _b = Guard("in_reverse::_b");
    let _c = Guard("in_reverse::_c");
    println!("in_reverse");
} // #in-reverse-end

#[inline(never)]
fn scopes() {
    let _outer = Guard("scopes::_outer");
    {
        let _inner = Guard("scopes::_inner");
        println!("scopes");
    } // #inner-end
    println!("after the inner scope");
} // #scopes-end

#[inline(never)]
fn shadowing() {
    let x = Guard("shadowing::x");
    println!("shadowing {}", x.name());
    let x = Guard("shadowing::x");
    println!("shadowed {}", x.name());
} // #shadowing-end

#[inline(never)]
fn temporaries() -> usize {
    println!("temporaries");
    let length = Guard("temporary").name().len(); // #temporary
    println!("behind the statement");
    length
}

#[inline(never)]
fn underscores() {
    println!("underscores");
    let _ = Guard("temporary"); // #let-underscore
    let _x = Guard("underscores::_x");
    println!("only one is left");
} // #underscores-end

#[inline(never)]
fn fields() {
    let holder = Holder {
        first: Guard("fields::holder.first"),
        text: "fields::holder".to_owned(),
        second: Guard("fields::holder.second"),
    };
    println!("fields {} {}", holder.first.name(), holder.second.name());
} // #fields-end

#[inline(never)]
fn tuples() {
    let _pair = (Guard("tuples::_pair.0"), Guard("tuples::_pair.1"));
    let _array = [Guard("tuples::_array[0]"), Guard("tuples::_array[1]")];
    let _some = Some((Guard("tuples::_some.0"), Guard("tuples::_some.1")));
    println!("tuples");
} // #tuples-end

#[inline(never)]
fn variants() {
    let _left = black_box(Side::Left { one: Guard("variants::_left.one"), other: 1 });
    let _right = black_box(Side::Right(Guard("variants::_right.0"), 2));
    println!("variants");
} // #variants-end

#[inline(never)]
fn elements() {
    let list = vec![Guard("#[0]"), Guard("#[1]"), Guard("#[2]")];
    println!("elements {}", list.len());
} // #elements-end

#[inline(never)]
fn early_return(leave: bool) -> u8 {
    let _a = Guard("early_return::_a");
    if leave {
        println!("early return");
        return 1; // #early
    }
    let _b = Guard("early_return::_b");
    println!("no early return");
    2
} // #early-return-end

#[inline(never)]
fn question_mark(fine: bool) -> Result<u8, ()> {
    let _a = Guard("question_mark::_a");
    let value = Guard("temporary").check(fine)?; // #question
    let _b = Guard("question_mark::_b");
    Ok(value)
} // #question-end

#[inline(never)]
fn take(guard: Guard) {
    println!("take {}", guard.name());
} // #take-end

#[inline(never)]
fn conditional_move(give: bool) {
    let guard = Guard(if give { "take::guard" } else { "conditional_move::guard" });
    if give {
        take(guard); // #give
    }
    println!("behind the condition");
} // #conditional-end

#[inline(never)]
fn replaced() {
    let mut slot = Guard("?");
    let old = mem::replace(&mut slot, Guard("replaced::slot")); // #replace
    println!("replaced {}", old.name());
    drop(old); // #drop-old
    slot = Guard("replaced::slot"); // #assign
    println!("assigned {}", slot.name());
} // #replaced-end

#[inline(never)]
fn partly_moved() {
    let pair = Pair { left: Guard("take::guard"), right: Guard("partly_moved::pair.right") };
    take(pair.left); // #take-left
    println!("only {} is left", pair.right.name());
} // #partly-end

#[inline(never)]
fn forgotten() {
    let _kept = ManuallyDrop::new(Guard("in ManuallyDrop"));
    mem::forget(Guard("forgotten"));
    println!("forgotten");
} // #forgotten-end

#[inline(never)]
fn closures() {
    let captured = Guard("closures::call.captured");
    let borrowed = Guard("closures::borrowed");
    let call = move || println!("closure {}", captured.name());
    call();
    println!("behind the call {}", borrowed.name());
} // #closures-end

#[inline(never)]
fn shared() {
    let one = Rc::new(Guard("#"));
    let two = Rc::clone(&one);
    drop(one); // #drop-one
    println!("one handle is left {}", two.name());
} // #shared-end

#[inline(never)]
fn boxed() {
    let _dynamic: Box<dyn Fn()> = {
        let guard = Guard("#.guard");
        Box::new(move || println!("{}", guard.name()))
    };
    let _boxed = Box::new(Guard("#"));
    let _some = Some(Guard("boxed::_some"));
    println!("boxed");
} // #boxed-end

#[inline(never)]
fn tail_expression() -> usize {
    let cell = RefCell::new(Guard("tail_expression::cell"));
    println!("tail expression");
    // Edition 2024 drops the temporaries of the tail before the variables, edition 2021 behind them.
    Guard("temporary").name().len() + cell.borrow().name().len() // #tail
}

fn main() {
    in_reverse();
    scopes();
    shadowing();
    temporaries();
    underscores();
    fields();
    tuples();
    variants();
    elements();
    early_return(true);
    early_return(false);
    let _ = question_mark(false);
    let _ = question_mark(true);
    conditional_move(true);
    conditional_move(false);
    replaced();
    partly_moved();
    forgotten();
    closures();
    shared();
    boxed();
    tail_expression();
    println!("end");
} // #end
