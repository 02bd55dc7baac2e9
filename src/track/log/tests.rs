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
            let then: Vec<_> =
                log.live_at(Seq(seq)).map(|live| (live.block, (live.size, live.address))).collect();
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
        let found = log.find(&query, limit);
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
    let news = Query { news: true, between: Some((0, 21)), ..Query::default() };
    assert_eq!(found(news, 3), (vec![18, 19, 21], true));
}

#[test]
fn what_cannot_be_written_for_another_reason_than_a_full_disk_drops_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut log = Log::within(Room { files: 100, ..LITTLE }, folder.path().to_owned());
    (1..=100).for_each(|seq| log.push(&sample(seq)));
    assert_eq!(log.take_news(), None);
    folder.close().expect("it is gone");
    (101..=200).for_each(|seq| log.push(&sample(seq)));
    let told = log.take_news().expect("it is told");
    assert!(told.starts_with("No such file or directory") && log.take_news().is_none());
    assert_eq!((log.first(), log.last()), (Some(Seq(1)), Some(Seq(200))));
    assert_eq!((log.get(Seq(50)), log.trouble()), (Ok(sample(50)), None));
    let lost = (1..=200).filter(|seq| log.get(Seq(*seq)).is_err()).count();
    assert!(lost > 50, "{lost}");
    let error = log.get(Seq(180)).expect_err("it is lost").to_string();
    let expected = "event 180 cannot be read back: it could not be written: No such file";
    assert!(error.starts_with(expected), "{error}");
    let found = log.find(&Query::default(), 1000);
    assert_eq!(found.events.len() + lost, 200);
    assert_eq!(found.unreadable.map(|none| none.events), Some(lost as u64));
    assert!(log.pictures.iter().all(|(number, _)| log.get(Seq(*number)).is_ok()));
}

#[test]
fn on_a_full_disk_the_oldest_events_make_room_for_the_newest_and_that_is_said() {
    let mut log = log(Room { files: 100, ..LITTLE }, 100);
    log.store.replace_newest("/dev/full");
    (101..=200).for_each(|seq| log.push(&sample(seq)));
    let first = log.first().expect("some are kept");
    assert!(first > Seq(50) && log.get(first).is_ok() && log.get(Seq(200)).is_ok());
    assert!(log.take_news().is_some_and(|told| told.starts_with("No space left on device")));
    let error = log.get(Seq(1)).expect_err("it was dropped").to_string();
    assert!(error.contains("were dropped: No space left on device"), "{error}");
}

#[test]
fn what_cannot_be_read_back_is_counted() {
    let mut log = log(ENOUGH, 100);
    let kept = log.opened.1 as u64;
    log.store.replace_newest("/dev/null");
    let found = log.find(&Query::default(), 1000);
    assert_eq!(found.events.len() as u64, kept);
    let none = found.unreadable.expect("most are on disk");
    assert_eq!(none.events, 100 - kept);
    assert_eq!(
        none.to_string(),
        format!("{} events cannot be read back: {}", none.events, none.why)
    );
    let ahead = Query { between: Some((log.opened.0, 100)), ..Query::default() };
    assert_eq!(log.find(&ahead, 1000).unreadable, None, "nobody asked for those");
    assert!(log.story_of(BlockId(1)).is_err());
}

#[test]
fn the_life_of_one_block_is_that_of_the_table() {
    let log = log(ENOUGH, 100);
    assert_eq!(log.allocation_of(BlockId(41)), Some(Seq(41)));
    assert_eq!(log.end_of(BlockId(41)), Some(Seq(42)));
    assert_eq!((log.end_of(BlockId(43)), log.end_of(BlockId(42))), (None, None));
    for seq in (1..=100).map(Seq) {
        for block in (1..=100).map(BlockId) {
            let listed = log.live_at(seq).find(|live| live.block == block);
            assert_eq!(log.block_at(block, seq), listed);
        }
    }
}

#[test]
fn a_long_story_has_its_beginning_and_its_end() {
    let mut log = Log::new(ENOUGH);
    log.push(&alloc(1, 1, 8, 0x10));
    (2..=10_000).for_each(|seq| log.push(&realloc(seq, 1, seq, 0x10)));
    log.push(&free(10_001, 1));
    let story = log.story_of(BlockId(1)).expect("it can be read").expect("it was allocated");
    assert_eq!((story.size, story.last_size(), story.freed.len()), (8, 10_000, 1));
    assert_eq!(log.story_of(BlockId(2)), Ok(None));
    let then = log.story_until(BlockId(1), Seq(5000)).expect("it can be read");
    assert!(then.is_some_and(|then| then.last_size() == 5000 && then.freed.is_empty()));
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
    timed("events of a block", &|| log.find(&block, 1000).events.len());
    let kind = Query { kind: Some("stop"), ..Query::default() };
    timed("last stops", &|| log.find(&kind, 1000).events.len());
}
