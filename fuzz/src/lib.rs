//! What the targets share.

/// Runs `f` with bytes that it takes to live for ever, and frees them behind it: an `Image` never
/// lets go of its file, and a fuzzer makes millions of them.
///
/// `f` must drop everything that it makes of the bytes, and start no threads that outlive it.
pub fn with_file<T: 'static>(bytes: Vec<u8>, f: impl FnOnce(&'static [u8]) -> T) -> T {
    let raw = Box::into_raw(bytes.into_boxed_slice());
    // SAFETY: the box was made above and is freed below; nothing writes to it in between.
    let answer = f(unsafe { &*raw });
    // SAFETY: it is the box from above, and `f` has dropped what refers to it.
    drop(unsafe { Box::from_raw(raw) });
    answer
}
