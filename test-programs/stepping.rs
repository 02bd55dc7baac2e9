//! Programs to step through, one for each word of the command line.

use std::cell::Cell;
use std::future::Future;
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

fn main() {
    std::panic::set_hook(Box::new(|_| {})); // #main-hook
    match std::env::args().nth(1).as_deref() {
        Some("loops") => loops(2), // #main-loops
        Some("calls") => calls(), // #main-calls
        Some("closures") => closures(), // #main-closures
        Some("macros") => macros(3), // #main-macros
        Some("matches") => matches(), // #main-matches
        Some("recursion") => drop(black_box(factorial(3))), // #main-recursion
        Some("panics") => panics(), // #main-panics
        Some("uncaught") => uncaught(), // #main-uncaught
        Some("inlined") => inlined(2), // #main-inlined
        Some("tails") => tails(), // #main-tails
        Some("asynchronous") => asynchronous(), // #main-asynchronous
        Some("threads") => threads(), // #main-threads
        Some("spinning") => spinning(), // #main-spinning
        Some("sorts") => sorts(), // #main-sorts
        Some("signals") => signals(), // #main-signals
        Some("ends") => ends(), // #main-ends
        Some("endless") => endless(), // #main-endless
        _ => drops(), // #main-drops
    } // #main-matched
} // #main-end

#[inline(never)]
fn loops(rounds: u32) {
    let mut sum = 0; // #loops-sum
    for round in 0..rounds { // #loops-for
        sum += round; // #loops-add
        black_box(sum); // #loops-use
    }
    while sum < 4 { sum = black_box(sum + 1); } // #loops-while
    black_box(sum); // #loops-last
} // #loops-end

#[inline(never)]
fn calls() {
    let first = twice(1) + twice(2); // #calls-first
    let text = String::from("text"); // #calls-std
    let length = measure(&text); // #calls-measure
    let pair = generic(1_u8, 2_u64); // #calls-generic
    black_box((first, length, pair)); // #calls-use
} // #calls-end

#[inline(never)]
fn twice(x: u32) -> u32 {
    let y = black_box(x); // #twice-y
    y + y // #twice-sum
} // #twice-end

#[inline(never)]
fn measure(text: &str) -> usize {
    if text.is_empty() { // #measure-if
        return 0; // #measure-return
    }
    text.len() // #measure-len
} // #measure-end

#[inline(never)]
fn generic<A: Copy + Into<u64>, B: Copy + Into<u64>>(a: A, b: B) -> u64 {
    let a = a.into(); // #generic-a
    a + b.into() // #generic-sum
} // #generic-end

#[inline(never)]
fn closures() {
    let factor = black_box(3); // #closures-factor
    let values: Vec<u32> = (1..3) // #closures-range
        .map(|n| { // #closures-map
            let scaled = n * factor; // #closures-scaled
            black_box(scaled) // #closures-value
        }) // #closures-map-end
        .collect(); // #closures-collect
    black_box(values); // #closures-use
} // #closures-end

macro_rules! add_twice {
    ($to:expr, $what:expr) => {{
        $to += $what; // #add-first
        $to += $what; // #add-second
    }};
}

#[inline(never)]
fn macros(start: u32) {
    let mut sum = black_box(start); // #macros-sum
    assert!(sum == 3, "the sum is {sum}"); // #macros-assert
    let text = format!("{sum}"); // #macros-format
    add_twice!(sum, 2); // #macros-own
    black_box((sum, text)); // #macros-use
} // #macros-end

enum Shape {
    Circle(u32),
    Square { side: u32 },
    Nothing,
}

#[inline(never)]
fn matches() {
    for shape in [Shape::Circle(1), Shape::Square { side: 2 }, Shape::Nothing] { // #matches-for
        black_box(area(&shape)); // #matches-area
    }
} // #matches-end

#[inline(never)]
fn area(shape: &Shape) -> u32 {
    match shape { // #area-match
        Shape::Circle(radius) => 3 * radius, // #area-circle
        Shape::Square { side } if *side > 10 => 100, // #area-big
        Shape::Square { side } => side * side, // #area-square
        Shape::Nothing => 0, // #area-nothing
    }
} // #area-end

#[inline(never)]
fn factorial(n: u64) -> u64 {
    if n == 0 { // #factorial-if
        return black_box(1); // #factorial-one
    }
    let rest = factorial(n - 1); // #factorial-rest
    n * rest // #factorial-product
} // #factorial-end

#[inline(never)]
fn panics() {
    let caught = catch_unwind(|| fails(black_box(1))); // #panics-catch
    let failed = caught.is_err(); // #panics-failed
    black_box(failed); // #panics-use
} // #panics-end

#[inline(never)]
fn fails(n: u32) -> u32 { // #fails-head
    let guard = Guard(Cell::new(n)); // #fails-guard
    let m = explodes(n); // #fails-call
    guard.0.get() + m // #fails-sum
} // #fails-end

#[inline(never)]
fn explodes(n: u32) -> u32 {
    assert!(black_box(n) > 1, "it explodes"); // #explodes-assert
    n // #explodes-value
} // #explodes-end

struct Guard(Cell<u32>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.set(0); // #guard-set
    } // #guard-end
}

#[inline(never)]
fn uncaught() {
    explodes(black_box(0)); // #uncaught-call
    black_box(0); // #uncaught-behind
}

#[inline(never)]
fn drops() {
    let guard = Guard(Cell::new(1)); // #drops-guard
    black_box(&guard); // #drops-use
} // #drops-end

#[inline(always)]
fn square(x: u32) -> u32 {
    let y = black_box(x); // #square-y
    black_box(y * y) // #square-product
}

#[inline(never)]
fn inlined(x: u32) {
    let a = square(x); // #inlined-a
    let b = square(a); // #inlined-b
    black_box(a + b); // #inlined-use
} // #inlined-end

#[inline(never)]
fn tail(n: u32) -> u32 {
    black_box(n); // #tail-use
    twice(n) // #tail-call
} // #tail-end

#[inline(never)]
fn tails() {
    let value = tail(4); // #tails-call
    black_box(value); // #tails-use
} // #tails-end

/// Ready when it is asked for the second time.
struct Later(bool);

impl Future for Later {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        if self.0 { // #later-if
            return Poll::Ready(7); // #later-ready
        }
        self.0 = true; // #later-set
        Poll::Pending // #later-pending
    } // #later-end
}

async fn sum_of_two() -> u32 { // #async-head
    let first = Later(false).await; // #async-first
    let second = Later(true).await; // #async-second
    first + second // #async-sum
} // #async-end

#[inline(never)]
fn asynchronous() {
    let mut future = pin!(sum_of_two()); // #executor-pin
    let mut context = Context::from_waker(Waker::noop()); // #executor-context
    loop {
        match future.as_mut().poll(&mut context) { // #executor-poll
            Poll::Ready(sum) => { // #executor-ready
                black_box(sum); // #executor-use
                break; // #executor-break
            }
            Poll::Pending => black_box(()), // #executor-pending
        }
    }
} // #executor-end

#[inline(never)]
fn threads() {
    let (send, receive) = mpsc::channel(); // #threads-channel
    let worker = thread::spawn(move || { // #threads-spawn
        let base = black_box(20); // #worker-base
        let value = base + 1; // #worker-value
        send.send(value).unwrap(); // #worker-send
    }); // #worker-end
    let value = receive.recv().unwrap(); // #threads-receive
    worker.join().unwrap(); // #threads-join
    black_box(value); // #threads-use
} // #threads-end

static GO: AtomicBool = AtomicBool::new(false);

#[inline(never)]
fn spinning() {
    let helper = thread::spawn(|| { // #spinning-spawn
        let mut n = 0_u64;
        while n < 1000 { n = black_box(n + 1); } // #helper-loop
        GO.store(true, Ordering::Release); // #helper-store
    });
    while !GO.load(Ordering::Acquire) {} // #spinning-wait
    helper.join().unwrap(); // #spinning-join
} // #spinning-end

#[inline(never)]
fn endless() {
    let stop = AssertUnwindSafe(Cell::new(false)); // #endless-stop
    while !stop.get() { // #endless-loop
        thread::sleep(std::time::Duration::from_millis(5)); // #endless-sleep
    }
}

#[inline(never)]
fn sorts() {
    let mut values = black_box(vec![3, 1, 2]); // #sorts-values
    values.sort_by(|a, b| { // #sorts-by
        let order = black_box(b).cmp(a); // #sorts-compare
        black_box(order) // #sorts-order
    });
    black_box(values); // #sorts-use
}

unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    fn raise(number: i32) -> i32;
}

static SEEN: AtomicBool = AtomicBool::new(false);

extern "C" fn handler(_: i32) {
    SEEN.store(true, Ordering::Relaxed); // #handler-store
}

/// SIGURG, which a debugger's user does not want to hear of, and SIGUSR1, which one does.
#[inline(never)]
fn signals() {
    for number in [23, 10] { // #signals-for
        // SAFETY: the handler is async-signal-safe.
        unsafe { signal(number, handler) }; // #signals-install
        // SAFETY: there is a handler.
        unsafe { raise(number) }; // #signals-raise
        black_box(SEEN.load(Ordering::Relaxed)); // #signals-behind
    }
} // #signals-end

/// The first thread outlives the second by far.
#[inline(never)]
fn ends() {
    let worker = thread::spawn(|| { // #ends-spawn
        black_box(1); // #ender-last
    }); // #ender-end
    worker.join().unwrap(); // #ends-join
    thread::sleep(std::time::Duration::from_secs(100)); // #ends-sleep
}
