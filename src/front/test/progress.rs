//! What is told of a test while it runs, on a terminal, where it takes long.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::base::{Event, EventKind};
use crate::front::text::running_test;

/// How long a test runs before it is told of: most are over by then.
const LATE: Duration = Duration::from_secs(3);

/// How often the line is drawn anew.
const EACH: Duration = Duration::from_millis(500);

/// Back to the first column, and the line is empty (ECMA-48, CR and EL).
const CLEAR: &str = "\r\x1b[K";

/// Tells on a thread of its own how far a test is, until it is dropped. Then nothing of it is left on
/// the terminal.
pub(super) struct Progress {
    seen: Arc<Seen>,
    /// The thread and what ends it by being dropped; none where there is no terminal.
    telling: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What was seen of the test so far.
#[derive(Default)]
struct Seen {
    events: AtomicU64,
    blocks: AtomicU64,
}

impl Progress {
    /// Of a test that begins now. `width` are the columns of the terminal.
    pub fn of(name: &str, width: usize) -> Progress {
        match io::stderr().is_terminal() {
            true => Progress::on(io::stderr(), name, width, LATE),
            false => Progress { seen: Arc::default(), telling: None },
        }
    }

    /// Takes note of an event.
    pub fn event(&self, event: &Event) {
        self.seen.events.fetch_add(1, Ordering::Relaxed);
        if matches!(event.kind, EventKind::Alloc { .. }) {
            self.seen.blocks.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn on(
        terminal: impl Write + Send + 'static,
        name: &str,
        width: usize,
        late: Duration,
    ) -> Progress {
        let seen: Arc<Seen> = Arc::default();
        let (end, over) = channel();
        let (name, of_thread) = (name.to_owned(), seen.clone());
        let tell = move || tell(terminal, &name, width, late, &of_thread, &over);
        // Where no thread can be had, nothing is told.
        let thread = thread::Builder::new().name("progress".to_owned()).spawn(tell).ok();
        Progress { seen, telling: thread.map(|thread| (end, thread)) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.telling.take() {
            drop(end);
            // The report may come behind the last line only.
            let _ = thread.join();
        }
    }
}

/// Draws the line until the other end of the channel is dropped. A terminal that takes no text is no
/// reason to end the test.
fn tell(
    mut terminal: impl Write,
    name: &str,
    width: usize,
    late: Duration,
    seen: &Seen,
    over: &Receiver<()>,
) {
    let begun = Instant::now();
    let mut wait = late;
    let mut drawn = false;
    while over.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        wait = EACH;
        let blocks = seen.blocks.load(Ordering::Relaxed);
        let events = seen.events.load(Ordering::Relaxed);
        // In the last column some terminals would begin a new line.
        let columns = width.saturating_sub(1);
        let line = running_test(name, begun.elapsed(), blocks, events, columns);
        drawn = true;
        let _ = write!(terminal, "{CLEAR}{line}").and_then(|()| terminal.flush());
    }
    if drawn {
        let _ = write!(terminal, "{CLEAR}").and_then(|()| terminal.flush());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::base::{BlockId, Evidence, Seq, ThreadNo, VirtAddr};

    /// What was written, for whoever has the other half.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().expect("no panic").clone()).expect("UTF-8")
        }
    }

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn alloc(seq: u64) -> Event {
        let (block, address) = (BlockId(seq), VirtAddr(0x1000));
        let kind = EventKind::Alloc { block, size: 8, align: 8, address };
        let (thread, evidence) = (ThreadNo(1), Evidence::Observed);
        let (at, stack_bytes, heap_bytes, blocks) = (None, None, None, None);
        Event { v: 1, seq: Seq(seq), kind, thread, evidence, at, stack_bytes, heap_bytes, blocks }
    }

    #[test]
    fn a_test_that_runs_long_is_told_of_and_nothing_is_left_behind() {
        let page = Page::default();
        let progress = Progress::on(page.clone(), "shelf::grows", 60, Duration::ZERO);
        (1..=3).for_each(|seq| progress.event(&alloc(seq)));
        while !page.text().contains("3 blocks") {
            thread::sleep(Duration::from_millis(1));
        }
        drop(progress);
        let text = page.text();
        assert!(text.starts_with(CLEAR) && text.ends_with(CLEAR), "{text:?}");
        assert!(text.contains("shelf::grows") && text.contains("3 events"), "{text:?}");
        assert!(!text.contains('\n'), "{text:?}");
    }

    #[test]
    fn a_test_that_is_over_soon_is_not_told_of() {
        let page = Page::default();
        let progress = Progress::on(page.clone(), "quick", 60, Duration::MAX);
        progress.event(&alloc(1));
        drop(progress);
        assert_eq!(page.text(), "");
    }
}
