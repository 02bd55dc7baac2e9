//! What is told of each test: how it ended, what it allocated and dropped, what it lost.

use std::collections::{BTreeMap, HashSet};
use std::io::Write;

use serde::Serialize;

use super::listing::Listed;
use crate::base::{At, BlockRef, EventKind, ExitStatus, Keeper, ThreadNo};
use crate::dwarf::crate_of;
use crate::front::args::Format;
use crate::front::target::TestBinary;
use crate::front::testing::Recording;
use crate::front::text::TestText;
use crate::track::Story;

/// Crates whose lines are not the test's own.
const RUNTIME: [&str; 4] = ["std", "core", "alloc", "test"];

/// Lines of a failed test's output that are shown, from its end.
const OUTPUT: usize = 200;

/// One test that has run.
#[derive(Serialize)]
pub(in crate::front) struct Tested {
    /// The target that it belongs to.
    pub target: String,
    /// Its path.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// How its process ended.
    #[serde(flatten)]
    pub status: ExitStatus,
    /// Blocks that its own lines allocated, in any thread.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The most bytes of its blocks that were alive at one time.
    pub peak_bytes: u64,
    /// How many values of each type were dropped, by type.
    pub drops: BTreeMap<String, u64>,
    /// Its blocks that nothing leads to at the end.
    pub lost: Vec<BlockRef>,
    /// What it wrote, where it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

impl Tested {
    pub(super) fn new(binary: &TestBinary, test: &Listed, recording: &Recording) -> Tested {
        let passed = recording.status() == ExitStatus::Code(0);
        // libtest runs the test on a thread of its own.
        let is_its_own = |thread: ThreadNo| thread != ThreadNo(1);
        let of_user = |at: &At| !RUNTIME.contains(&crate_of(&at.function));
        let is_of_test = |block: &Story| {
            is_its_own(block.allocated.thread) && block.allocated.at.as_ref().is_some_and(of_user)
        };
        let blocks = recording.blocks().that("of the test", is_of_test);
        let mut drops = BTreeMap::new();
        for dropped in recording.drops().iter().filter(|dropped| is_its_own(dropped.thread)) {
            *drops.entry(dropped.view.type_name.clone()).or_insert(0) += 1;
        }
        let ids: HashSet<_> = blocks.iter().map(|block| block.id).collect();
        let of_test = |block: &BlockRef| ids.contains(&block.block);
        let alive = recording.events().iter().rev().find_map(|event| match &event.kind {
            EventKind::Exit { alive, .. } => Some(alive.as_slice()),
            _ => None,
        });
        let is_lost = |block: &&BlockRef| block.keeper.as_ref().is_some_and(Keeper::is_lost);
        let lost = alive.unwrap_or_default().iter().filter(is_lost).filter(|block| of_test(block));
        Tested {
            target: binary.target.clone(),
            name: test.name.clone(),
            passed,
            status: recording.status(),
            blocks: blocks.len() as u64,
            bytes: blocks.bytes(),
            peak_bytes: recording.peak_of(&ids),
            drops,
            lost: lost.cloned().collect(),
            output: (!passed).then(|| end_of(&recording.stderr(), &recording.stdout())),
        }
    }
}

/// The last lines of what a test wrote.
fn end_of(stderr: &str, stdout: &str) -> String {
    let lines: Vec<&str> = stdout.lines().chain(stderr.lines()).collect();
    lines.get(lines.len().saturating_sub(OUTPUT)..).unwrap_or_default().join("\n")
}

/// Writes what is told, and counts.
pub(super) struct Reporter {
    sink: Box<dyn Write>,
    text: Option<TestText>,
    passed: usize,
    failed: usize,
    ignored: usize,
    lost: usize,
}

impl Reporter {
    /// `names` are the columns of the longest name.
    pub fn new(sink: Box<dyn Write>, format: Format, width: usize, names: usize) -> Reporter {
        let text = (format == Format::Text).then(|| TestText::new(width, names));
        Reporter { sink, text, passed: 0, failed: 0, ignored: 0, lost: 0 }
    }

    /// A test that is not run.
    pub fn ignored(&mut self, binary: &TestBinary, test: &Listed) {
        self.ignored += 1;
        let told = match &self.text {
            Some(text) => text.ignored(&binary.target, &test.name),
            None => line(&Line {
                v: 1,
                event: "test_ignored",
                told: Name { target: &binary.target, name: &test.name },
            }),
        };
        self.write(&told);
    }

    /// A test that has run.
    pub fn tested(&mut self, tested: &Tested) {
        match tested.passed {
            true => self.passed += 1,
            false => self.failed += 1,
        }
        self.lost += tested.lost.len();
        let told = match &mut self.text {
            Some(text) => text.tested(tested),
            None => line(&Line { v: 1, event: "test", told: tested }),
        };
        self.write(&told);
    }

    /// What there was in all.
    pub fn summary(&mut self) {
        let counts = Counts {
            passed: self.passed,
            failed: self.failed,
            ignored: self.ignored,
            lost: self.lost,
        };
        let told = match &self.text {
            Some(text) => text.summary(&counts),
            None => line(&Line { v: 1, event: "tests", told: &counts }),
        };
        self.write(&told);
    }

    /// How many tests failed.
    pub fn failed(&self) -> usize {
        self.failed
    }

    /// How many blocks were lost.
    pub fn lost(&self) -> usize {
        self.lost
    }

    /// A reader that has gone is no reason to leave tests out.
    fn write(&mut self, text: &str) {
        let _ = self.sink.write_all(text.as_bytes()).and_then(|()| self.sink.flush());
    }
}

/// How many tests ended how.
#[derive(Serialize)]
pub(in crate::front) struct Counts {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Tests that were not run.
    pub ignored: usize,
    /// Blocks that were lost.
    pub lost: usize,
}

#[derive(Serialize)]
struct Line<T> {
    v: u8,
    event: &'static str,
    #[serde(flatten)]
    told: T,
}

#[derive(Serialize)]
struct Name<'a> {
    target: &'a str,
    name: &'a str,
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}")) + "\n"
}
