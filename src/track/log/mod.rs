//! All events of a run, in order, so that a person can go back to any of them.
//!
//! The newest are kept in memory as lines of JSON, a chunk of them at a time; full chunks go to
//! temporary files without names. What those may take is limited: beyond [`Room`] the oldest events
//! are dropped, and [`Log::first`] says so. In memory there is an index of chunks and pictures, and
//! for each block when it lived ([`LiveBlock`]): some sixty bytes for each block that was alive at an
//! event that is kept.

mod lives;
mod query;
#[cfg(test)]
mod samples;
mod store;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

pub use lives::LiveBlock;
pub use query::Query;

use super::story::{Stories, Story};
use crate::base::{BlockId, Event, Seq, ThreadNo};
use lives::Lives;
use query::Sieve;
use store::{Place, Store};

/// Events of one block that its story is told from.
const STORY: usize = 1 << 12;

/// How much a log takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// Bytes of events that are kept in memory before they go to a file.
    pub chunk: usize,
    /// Bytes of one file.
    pub file: u64,
    /// How many files there are at most.
    pub files: usize,
}

impl Default for Room {
    /// 512 MiB on disk: well over a million allocations with their ends, or some ten thousand
    /// pictures.
    fn default() -> Room {
        Room { chunk: 64 << 10, file: 64 << 20, files: 8 }
    }
}

/// All events of a run.
#[derive(Debug)]
pub struct Log {
    room: Room,
    store: Store,
    chunks: VecDeque<Chunk>,
    /// The chunk that is not full.
    open: Vec<u8>,
    /// The number of its first event, and how many are in it.
    opened: (u64, usize),
    lives: Lives,
    /// The events that have pictures, each with its thread.
    pictures: VecDeque<(u64, ThreadNo)>,
    /// The chunk that was read last.
    read: RefCell<Option<(Place, Rc<[u8]>)>>,
    /// Why events were lost, where it was not for want of [`Room`].
    trouble: Option<String>,
}

/// Events in a row, on disk.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    first: u64,
    count: usize,
    place: Place,
}

/// Why an event of a log cannot be given.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Missing {
    /// There is none.
    #[error("nothing was recorded")]
    Nothing,
    /// It is too old.
    #[error("events before {first} were dropped{}", why.as_ref().map_or(String::new(), |why| format!(": {why}")))]
    Dropped {
        /// The first that is kept.
        first: u64,
        /// Why, where it was not for want of room.
        why: Option<String>,
    },
    /// It has not happened.
    #[error("the last event is {last}")]
    Ahead {
        /// The last that there is.
        last: u64,
    },
    /// The file cannot be read, or not understood.
    #[error("event {event} cannot be read back: {why}")]
    Unreadable {
        /// The event.
        event: u64,
        /// Why.
        why: String,
    },
}

/// Events that were found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Found {
    /// The last ones of those that fit, oldest first.
    pub events: Vec<Event>,
    /// Whether there are more before them.
    pub more: bool,
}

impl Default for Log {
    fn default() -> Log {
        Log::new(Room::default())
    }
}

impl Log {
    /// An empty log.
    pub fn new(room: Room) -> Log {
        Log {
            room,
            store: Store::new(store::Room { file: room.file, files: room.files }),
            chunks: VecDeque::new(),
            open: Vec::new(),
            opened: (0, 0),
            lives: Lives::default(),
            pictures: VecDeque::new(),
            read: RefCell::default(),
            trouble: None,
        }
    }

    /// Takes an event in, the next of the run.
    pub fn push(&mut self, event: &Event) {
        let number = event.seq.0;
        let (first, count) = self.opened;
        if count > 0 && number != first.saturating_add(count as u64) {
            // Numbers in a chunk have no gaps.
            self.close_chunk();
        }
        if self.opened.1 == 0 {
            self.opened.0 = number;
        }
        let before = self.open.len();
        if let Err(error) = serde_json::to_writer(&mut self.open, event) {
            // A mistake of ours: the line says so when somebody asks for it.
            self.open.truncate(before);
            self.open.extend(serde_json::json!(error.to_string()).to_string().bytes());
        }
        self.open.push(b'\n');
        self.opened.1 = self.opened.1.saturating_add(1);
        self.lives.take(event);
        if event.kind.has_picture() {
            self.pictures.push_back((number, event.thread));
        }
        if self.open.len() >= self.room.chunk {
            self.close_chunk();
        }
    }

    /// The first event that is kept.
    pub fn first(&self) -> Option<Seq> {
        let open = (self.opened.1 > 0).then_some(self.opened.0);
        self.chunks.front().map(|chunk| chunk.first).or(open).map(Seq)
    }

    /// The last event.
    pub fn last(&self) -> Option<Seq> {
        let end = |first: u64, count: usize| first.saturating_add(count as u64).checked_sub(1);
        let (first, count) = self.opened;
        match (count, self.chunks.back()) {
            (0, Some(chunk)) => end(chunk.first, chunk.count).map(Seq),
            (0, None) => None,
            _ => end(first, count).map(Seq),
        }
    }

    /// Why the first events are missing, where it was not for want of room.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// An event by its number.
    ///
    /// # Errors
    /// [`Missing`] says why there is none.
    pub fn get(&self, number: Seq) -> Result<Event, Missing> {
        let wanted = number.0;
        let (first, last) = self.first().zip(self.last()).ok_or(Missing::Nothing)?;
        if number < first {
            return Err(Missing::Dropped { first: first.0, why: self.trouble.clone() });
        }
        if number > last {
            return Err(Missing::Ahead { last: last.0 });
        }
        let unreadable = |why: String| Missing::Unreadable { event: wanted, why };
        let (from, bytes) = self.chunk_of(wanted).map_err(unreadable)?;
        let index = usize::try_from(wanted.saturating_sub(from)).unwrap_or(usize::MAX);
        let line = lines(&bytes).nth(index);
        let line = line.ok_or_else(|| unreadable("it was not recorded".to_owned()))?;
        serde_json::from_slice(line).map_err(|error| unreadable(error.to_string()))
    }

    /// The last event at or before another that has a picture of a thread.
    pub fn picture_of(&self, thread: ThreadNo, at: Seq) -> Option<Seq> {
        let before = self.pictures.partition_point(|(number, _)| *number <= at.0);
        let earlier = self.pictures.range(..before).rev();
        earlier.filter(|(_, of)| *of == thread).map(|(number, _)| Seq(*number)).next()
    }

    /// The next event behind another that has a picture, or the last before it, of any thread.
    pub fn next_picture(&self, from: Seq, forward: bool) -> Option<Seq> {
        let index = match forward {
            true => self.pictures.partition_point(|(number, _)| *number <= from.0),
            false => {
                self.pictures.partition_point(|(number, _)| *number < from.0).checked_sub(1)?
            }
        };
        self.pictures.get(index).map(|(number, _)| Seq(*number))
    }

    /// The threads that have pictures up to an event, by number.
    pub fn threads_until(&self, at: Seq) -> Vec<ThreadNo> {
        let before = self.pictures.partition_point(|(number, _)| *number <= at.0);
        let mut threads: Vec<_> = self.pictures.range(..before).map(|(_, of)| *of).collect();
        threads.sort_unstable();
        threads.dedup();
        threads
    }

    /// The blocks that were alive after an event, by ordinal.
    pub fn live_at(&self, event: Seq) -> impl Iterator<Item = LiveBlock> {
        self.lives.at(event.0)
    }

    /// The event at which a block was allocated; none where that is forgotten or never was.
    pub fn allocation_of(&self, block: BlockId) -> Option<Seq> {
        self.lives.begin_of(block).map(Seq)
    }

    /// The story of a block, told anew from its events; none where its allocation is not among those
    /// that are kept.
    pub fn story_of(&self, block: BlockId) -> Option<Story> {
        self.allocation_of(block)?;
        let about = Query { block: Some(block), ..Query::default() };
        let mut stories = Stories::default();
        let events = self.find(&about, STORY, |_| true).events;
        events.iter().for_each(|event| stories.take(event));
        stories.of(block).cloned()
    }

    /// The last events that fit a query, so many at most, and for which `wanted` holds.
    pub fn find(&self, query: &Query, limit: usize, wanted: impl Fn(&Event) -> bool) -> Found {
        let (from, to) = query.between.unwrap_or((0, u64::MAX));
        let sieve = Sieve::new(query);
        let mut found = Found::default();
        let open = (self.opened.1 > 0).then_some((self.opened.0, self.opened.1, None));
        let closed = self.chunks.iter().map(|chunk| (chunk.first, chunk.count, Some(chunk.place)));
        for (first, count, place) in closed.chain(open).rev() {
            if first > to || first.saturating_add(count as u64) <= from {
                continue;
            }
            let Ok(bytes) = self.bytes_of(place) else { continue };
            if !sieve.may_pass(&bytes) {
                continue;
            }
            let lines: Vec<&[u8]> = lines(&bytes).collect();
            let numbered = (first..).zip(lines.iter().take(count)).collect::<Vec<_>>();
            for (number, line) in numbered.into_iter().rev() {
                if !(from..=to).contains(&number) || !sieve.may_pass(line) {
                    continue;
                }
                let Ok(event) = serde_json::from_slice::<Event>(line) else { continue };
                if !sieve.passes(&event) || !wanted(&event) {
                    continue;
                }
                if found.events.len() >= limit {
                    found.more = true;
                    found.events.reverse();
                    return found;
                }
                found.events.push(event);
            }
        }
        found.events.reverse();
        found
    }

    /// The number of the first event of the chunk that holds an event, and its bytes.
    fn chunk_of(&self, event: u64) -> Result<(u64, Rc<[u8]>), String> {
        if self.opened.1 > 0 && event >= self.opened.0 {
            return Ok((self.opened.0, self.open.as_slice().into()));
        }
        let behind = self.chunks.partition_point(|chunk| chunk.first <= event);
        let chunk = behind.checked_sub(1).and_then(|index| self.chunks.get(index));
        let chunk = chunk.ok_or_else(|| "it was not recorded".to_owned())?;
        Ok((chunk.first, self.bytes_of(Some(chunk.place))?))
    }

    /// The bytes of a chunk; those of the one that is not full where there is no place.
    fn bytes_of(&self, place: Option<Place>) -> Result<Rc<[u8]>, String> {
        let Some(place) = place else { return Ok(self.open.as_slice().into()) };
        if let Some((_, bytes)) = self.read.borrow().as_ref().filter(|(known, _)| *known == place) {
            return Ok(bytes.clone());
        }
        let bytes: Rc<[u8]> = self.store.get(place).map_err(|error| error.to_string())?.into();
        *self.read.borrow_mut() = Some((place, bytes.clone()));
        Ok(bytes)
    }

    /// Brings the open chunk to disk. Where that cannot be, its events are lost, and so are those
    /// before them.
    fn close_chunk(&mut self) {
        let (first, count) = std::mem::take(&mut self.opened);
        let bytes = std::mem::take(&mut self.open);
        let mut written = self.store.put(&bytes);
        // A full disk may have room for the newest once the oldest are gone.
        while written.is_err() && self.store.give_up_oldest() {
            written = self.store.put(&bytes);
        }
        match written {
            Ok(place) => self.chunks.push_back(Chunk { first, count, place }),
            Err(error) => {
                self.trouble = Some(format!("{error}, in {}", std::env::temp_dir().display()));
                self.chunks.clear();
            }
        }
        let store = &self.store;
        let before = self.chunks.len();
        self.chunks.retain(|chunk| store.has(chunk.place));
        if self.chunks.len() < before || self.chunks.is_empty() {
            let kept = self.chunks.front().map(|chunk| chunk.first);
            self.forget_before(kept.unwrap_or(first.saturating_add(count as u64)));
        }
    }

    fn forget_before(&mut self, event: u64) {
        self.lives.forget_before(event);
        while self.pictures.front().is_some_and(|(number, _)| *number < event) {
            self.pictures.pop_front();
        }
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::samples::{alloc, at, event, free, realloc};
    use super::*;
    use crate::base::{EventKind, FrameView, StackView};

    /// Room for a few events in each file.
    const LITTLE: Room = Room { chunk: 500, file: 2000, files: 3 };
    /// Room for all, in small chunks.
    const ENOUGH: Room = Room { chunk: 500, file: 1 << 20, files: 3 };

    fn stop(seq: u64, thread: u32) -> Event {
        let frame = FrameView {
            at: at("krate::main", 4),
            user: true,
            bytes: 32,
            inlined: false,
            pc: None,
            signal: false,
            slots: Vec::new(),
        };
        let stack = StackView { frames: vec![frame], cut: None };
        let kind = EventKind::Stop { reason: "step".into(), frame: 0, hidden: 0, stack };
        Event { thread: ThreadNo(thread), ..event(seq, kind) }
    }

    /// Allocations and frees in turn, with a picture now and then.
    fn sample(seq: u64) -> Event {
        match seq % 10 {
            0 => stop(seq, 1 + u32::from(seq.is_multiple_of(20))),
            n if n % 2 == 1 => alloc(seq, seq, seq, seq * 16),
            n => match n == 4 {
                true => realloc(seq, seq - 1, seq * 2, seq * 16),
                false => free(seq, seq - 1),
            },
        }
    }

    fn log(room: Room, events: u64) -> Log {
        let mut log = Log::new(room);
        (1..=events).for_each(|seq| log.push(&sample(seq)));
        log
    }

    #[test]
    fn every_event_is_read_back_as_it_was_from_disk_and_from_memory() {
        let log = log(ENOUGH, 1000);
        assert!(log.chunks.len() > 10, "most of it is on disk");
        assert_eq!((log.first(), log.last()), (Some(Seq(1)), Some(Seq(1000))));
        for seq in (1..=1000).rev() {
            assert_eq!(log.get(Seq(seq)), Ok(sample(seq)));
        }
        assert_eq!(log.get(Seq(1001)), Err(Missing::Ahead { last: 1000 }));
        assert_eq!(Log::default().get(Seq(1)), Err(Missing::Nothing));
    }

    #[test]
    fn the_oldest_are_dropped_where_there_is_no_room_and_that_is_said() {
        let log = log(LITTLE, 1000);
        let first = log.first().expect("some are kept");
        assert!(first > Seq(900) && log.last() == Some(Seq(1000)), "{first:?}");
        for seq in 1..=1000 {
            let expected = match Seq(seq) < first {
                true => Err(Missing::Dropped { first: first.0, why: None }),
                false => Ok(sample(seq)),
            };
            assert_eq!(log.get(Seq(seq)), expected);
        }
        assert!(log.pictures.iter().all(|(number, _)| *number >= first.0));
        assert_eq!(
            Missing::Dropped { first: 7, why: None }.to_string(),
            "events before 7 were dropped"
        );
    }

    #[test]
    fn the_live_blocks_of_an_event_are_those_of_a_table_that_was_kept_until_then() {
        for room in [ENOUGH, LITTLE] {
            let log = log(room, 1000);
            let mut table = std::collections::BTreeMap::new();
            for seq in 1..=1000 {
                match sample(seq).kind {
                    EventKind::Alloc { block, size, address, .. }
                    | EventKind::Realloc { block, size, address, .. } => {
                        table.insert(block, (size, address));
                    }
                    EventKind::Free { block, .. } => {
                        table.remove(&block);
                    }
                    _ => {}
                }
                if log.first().is_some_and(|first| first > Seq(seq)) {
                    continue;
                }
                let then: Vec<_> = log
                    .live_at(Seq(seq))
                    .map(|live| (live.block, (live.size, live.address)))
                    .collect();
                assert_eq!(then, table.clone().into_iter().collect::<Vec<_>>(), "event {seq}");
            }
        }
    }

    #[test]
    fn the_picture_of_a_thread_is_the_last_one_before() {
        let log = log(ENOUGH, 100);
        let (one, two) = (ThreadNo(1), ThreadNo(2));
        assert_eq!(log.picture_of(one, Seq(9)), None);
        assert_eq!(log.picture_of(one, Seq(10)), Some(Seq(10)));
        assert_eq!(log.picture_of(one, Seq(25)), Some(Seq(10)));
        assert_eq!(log.picture_of(two, Seq(25)), Some(Seq(20)));
        assert_eq!(log.threads_until(Seq(15)), [one]);
        assert_eq!(log.threads_until(Seq(25)), [one, two]);
        assert_eq!(log.next_picture(Seq(10), true), Some(Seq(20)));
        assert_eq!(log.next_picture(Seq(10), false), None);
        assert_eq!(log.next_picture(Seq(15), false), Some(Seq(10)));
        assert_eq!(log.next_picture(Seq(100), true), None);
    }

    #[test]
    fn what_is_looked_for_is_found_from_the_end_and_the_rest_is_counted() {
        let log = log(ENOUGH, 1000);
        let found = |query: Query, limit| {
            let found = log.find(&query, limit, |_| true);
            (found.events.iter().map(|event| event.seq.0).collect::<Vec<_>>(), found.more)
        };
        assert_eq!(found(Query::default(), 2), (vec![999, 1000], true));
        let reallocs = Query { kind: Some("realloc"), ..Query::default() };
        assert_eq!(found(reallocs.clone(), 2), (vec![984, 994], true));
        assert_eq!(found(reallocs, 1000).0.len(), 100);
        let block = Query { block: Some(BlockId(41)), ..Query::default() };
        assert_eq!(found(block, 5), (vec![41, 42], false));
        let between = Query { between: Some((17, 19)), ..Query::default() };
        assert_eq!(found(between, 5), (vec![17, 18, 19], false));
        let pictures = Query { pictures: true, between: Some((0, 35)), ..Query::default() };
        assert_eq!(found(pictures, 2), (vec![20, 30], true));
        assert_eq!(log.allocation_of(BlockId(41)), Some(Seq(41)));
        let story = log.story_of(BlockId(43)).expect("it was allocated");
        assert_eq!((story.resized[0].size, story.freed.len()), (88, 0));
        assert_eq!(log.story_of(BlockId(42)), None);
    }

    /// By hand: `cargo test --release --lib a_million -- --ignored --nocapture`.
    #[test]
    #[ignore = "a measurement"]
    fn a_million_events_are_gone_through_fast() {
        let begun = std::time::Instant::now();
        let log = log(Room::default(), 1_000_000);
        println!("pushed in {:?}", begun.elapsed());
        let timed = |what: &str, ask: &dyn Fn() -> usize| {
            let begun = std::time::Instant::now();
            let n = ask();
            let took = begun.elapsed();
            println!("{what}: {n} in {took:?}");
            took
        };
        let tenth = std::time::Duration::from_millis(100);
        for seq in [1, 500_000, 999_999] {
            let event = || usize::from(log.get(Seq(seq)).is_ok());
            let live = || log.live_at(Seq(seq)).count();
            let picture = || usize::from(log.picture_of(ThreadNo(1), Seq(seq)).is_some());
            assert!(timed("event", &event) < tenth && timed("blocks", &live) < tenth);
            assert!(timed("picture", &picture) < tenth);
        }
        let block = Query { block: Some(BlockId(500_001)), ..Query::default() };
        timed("events of a block", &|| log.find(&block, 1000, |_| true).events.len());
        let kind = Query { kind: Some("stop"), ..Query::default() };
        timed("last stops", &|| log.find(&kind, 1000, |_| true).events.len());
    }
}
