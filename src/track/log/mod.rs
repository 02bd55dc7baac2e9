//! All events of a run, in order, so that a person can go back to any of them.
//!
//! The newest are kept in memory as lines of JSON, a chunk of them at a time; full chunks go to
//! temporary files without names. What those may take is limited: beyond [`Room`] the oldest events
//! are dropped, and [`Log::first`] says so. Events that could not be written are lost, and told to be
//! unreadable. In memory there is an index of chunks and pictures, and
//! for each block when it lived ([`LiveBlock`]): some sixty bytes for each block that was alive at an
//! event that is kept.

mod lives;
mod query;
#[cfg(test)]
mod samples;
mod search;
mod store;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;

pub use lives::LiveBlock;
pub use query::Query;
pub use search::{Found, NotRead};

use crate::base::{BlockId, Event, Seq, ThreadNo};
use lives::Lives;
use store::{Place, Store};

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
    /// Why the first events are missing, where it was not for want of [`Room`].
    trouble: Option<String>,
    /// What has gone wrong since somebody asked.
    untold: Option<String>,
}

/// Events in a row, in the order of their numbers.
#[derive(Clone, Debug)]
struct Chunk {
    first: u64,
    count: usize,
    bytes: Bytes,
}

/// Where the bytes of a chunk are.
#[derive(Clone, Debug)]
enum Bytes {
    /// In memory: the chunk that is not full.
    Open,
    /// On disk.
    At(Place),
    /// They could not be written, for this reason.
    Lost(Rc<str>),
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

impl Default for Log {
    fn default() -> Log {
        Log::new(Room::default())
    }
}

impl Log {
    /// An empty log.
    pub fn new(room: Room) -> Log {
        Log::within(room, std::env::temp_dir())
    }

    /// An empty log whose files are in a folder.
    fn within(room: Room, folder: PathBuf) -> Log {
        Log {
            room,
            store: Store::new(store::Room { file: room.file, files: room.files }, folder),
            chunks: VecDeque::new(),
            open: Vec::new(),
            opened: (0, 0),
            lives: Lives::default(),
            pictures: VecDeque::new(),
            read: RefCell::default(),
            trouble: None,
            untold: None,
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

    /// What has gone wrong with writing since this was asked last.
    pub fn take_news(&mut self) -> Option<String> {
        self.untold.take()
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

    /// A block as it was after an event; none where it was not alive.
    pub fn block_at(&self, block: BlockId, event: Seq) -> Option<LiveBlock> {
        self.lives.of(block, event.0)
    }

    /// The event that ended a block; none where it has not ended, or is not known.
    pub fn end_of(&self, block: BlockId) -> Option<Seq> {
        self.lives.end_of(block).map(Seq)
    }

    /// The event at which a block was allocated; none where that is forgotten or never was.
    pub fn allocation_of(&self, block: BlockId) -> Option<Seq> {
        self.lives.begin_of(block).map(Seq)
    }

    /// The number of the first event of the chunk that holds an event, and its bytes.
    fn chunk_of(&self, event: u64) -> Result<(u64, Rc<[u8]>), String> {
        let holds = |chunk: &Chunk| chunk.first <= event;
        let behind = self.chunks.partition_point(holds);
        let full = behind.checked_sub(1).and_then(|index| self.chunks.get(index)).cloned();
        let chunk = self.open_chunk().filter(holds).or(full);
        let chunk = chunk.ok_or_else(|| "it was not recorded".to_owned())?;
        Ok((chunk.first, self.bytes_of(&chunk.bytes)?))
    }

    /// The chunk that is not full; none where it has no events.
    fn open_chunk(&self) -> Option<Chunk> {
        let (first, count) = self.opened;
        (count > 0).then_some(Chunk { first, count, bytes: Bytes::Open })
    }

    /// The bytes of a chunk.
    fn bytes_of(&self, bytes: &Bytes) -> Result<Rc<[u8]>, String> {
        let place = match bytes {
            Bytes::Open => return Ok(self.open.as_slice().into()),
            Bytes::At(place) => *place,
            Bytes::Lost(why) => return Err(why.to_string()),
        };
        if let Some((_, bytes)) = self.read.borrow().as_ref().filter(|(known, _)| *known == place) {
            return Ok(bytes.clone());
        }
        let bytes: Rc<[u8]> = self.store.get(place).map_err(|error| error.to_string())?.into();
        *self.read.borrow_mut() = Some((place, bytes.clone()));
        Ok(bytes)
    }

    /// Brings the open chunk to disk. A full disk may have room for it once the oldest events are
    /// gone; where it cannot be written for another reason, it is lost, and the others are kept.
    fn close_chunk(&mut self) {
        let (first, count) = std::mem::take(&mut self.opened);
        let bytes = std::mem::take(&mut self.open);
        let mut written = self.store.put(&bytes);
        if let Err(error) = &written {
            let why = format!("{error}, in {}", self.store.folder().display());
            self.untold = Some(why.clone());
            if store::is_full(error) {
                self.trouble = Some(why);
            }
        }
        while written.as_ref().is_err_and(store::is_full) && self.store.give_up_oldest() {
            written = self.store.put(&bytes);
        }
        let bytes = match written {
            Ok(place) => Bytes::At(place),
            Err(error) => {
                let why = format!("it could not be written: {error}");
                self.pictures.retain(|(number, _)| *number < first);
                Bytes::Lost(why.into())
            }
        };
        self.chunks.push_back(Chunk { first, count, bytes });
        self.drop_oldest(first.saturating_add(count as u64));
    }

    /// Forgets what came before the first chunk that is kept; all until `end` where none is.
    fn drop_oldest(&mut self, end: u64) {
        let mut dropped = false;
        while let Some(oldest) = self.chunks.front() {
            match &oldest.bytes {
                Bytes::At(place) if !self.store.has(*place) => {}
                Bytes::Lost(why) => self.trouble = Some(why.to_string()),
                _ => break,
            }
            self.chunks.pop_front();
            dropped = true;
        }
        if dropped {
            self.forget_before(self.chunks.front().map_or(end, |chunk| chunk.first));
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
