//! An executor written by hand, and futures that hold a value across an await: where it is dropped,
//! and what happens to a future that is dropped before it is done. Each `Drop` impl prints its type
//! and place.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Says when it drops, and where it is then.
struct Guard(&'static str);

impl Drop for Guard {
    #[inline(never)]
    fn drop(&mut self) {
        println!("drop Guard {}", self.0); // #guard-drop
    }
}

/// Is ready when it is polled the second time.
struct Later(bool);

impl Future for Later {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

async fn holds(text: String, place: &'static str) -> usize {
    let _held = Guard(place);
    Later(false).await; // #await
    println!("behind the await");
    text.len()
} // #holds-end

async fn outer(place: &'static str) -> usize {
    let length = holds(String::from("across an await"), place).await; // #inner-await
    println!("length {length}");
    length
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

#[inline(never)]
fn to_its_end() -> usize {
    let mut future = pin!(outer("holds::{{closure}}::_held"));
    loop {
        if let Some(output) = poll_once(future.as_mut()) {
            return output; // #done
        }
        println!("pending"); // #pending
    }
} // #to-its-end-end

#[inline(never)]
fn cancelled() {
    let mut future = Box::pin(outer("#.awaitee._held"));
    println!("polled: {:?}", poll_once(future.as_mut()));
    drop(future); // #cancel
    println!("cancelled");
} // #cancelled-end

fn main() {
    println!("to its end: {}", to_its_end());
    cancelled();
} // #end
