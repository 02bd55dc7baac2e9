//! A thread that is inside of a call when the process ends.

use std::sync::mpsc;

#[inline(never)]
fn wait_for_ever(begun: mpsc::Sender<()>) {
    begun.send(()).unwrap();
    loop {
        std::thread::park(); // #park
    }
}

fn main() {
    let (send, receive) = mpsc::channel();
    let named = std::thread::Builder::new().name("worker".into());
    named.spawn(move || wait_for_ever(send)).unwrap();
    receive.recv().unwrap();
}
