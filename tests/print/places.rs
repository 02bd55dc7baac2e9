//! Where values live, and how their bytes split between stack and heap.

use crate::BUILDS;
use crate::support::debug::{answers, answers_with, text};
use crate::support::{Program, Variant, program};

/// The regions that `where` tells: the own one and those of what it leads to, as text.
#[track_caller]
fn regions(program: &Program, marker: &str, rows: &[(&str, &str)]) {
    let commands: Vec<_> =
        rows.iter().map(|(expression, _)| format!("where {expression}")).collect();
    let commands: Vec<_> = commands.iter().map(String::as_str).collect();
    let expected: String = rows.iter().map(|(_, lines)| format!("{lines}\n")).collect();
    assert_eq!(text(program, marker, &commands), expected);
}

#[test]
fn a_variable_is_on_the_stack_of_its_function_or_in_a_register() {
    let rows = [
        ("own", "stack of inner (frame 0)  8 B"),
        (
            "argument",
            "stack of inner (frame 0)  8 B\n  leads to → stack of main (frame 1)  borrowed",
        ),
        ("*argument", "stack of main (frame 1)  8 B"),
    ];
    regions(&program("places", Variant::Debug), "inner", &rows);
    // Optimised code leaves an argument in the register that it is passed in: rdi is the first
    // (psABI, 3.2.3).
    regions(&program("places", Variant::Opt), "doubled", &[("n", "rdi  8 B")]);
}

#[test]
fn a_value_is_in_a_section_a_block_a_mapping_a_thread_or_nowhere() {
    for variant in BUILDS {
        let program = program("places", variant);
        let rows = [
            ("GREETING", ".data.rel.ro  16 B\n  leads to → .rodata  borrowed"),
            ("*GREETING", ".rodata  12 B"),
            ("PRIMES[2]", ".rodata  4 B"),
            ("COUNTER", ".data  8 B"),
            ("ZEROES", ".bss  64 B"),
            ("MINE", "thread-local  4 B"),
        ];
        regions(&program, "statics", &rows);
        let rows = [
            ("*pages", "anonymous  1 B"),
            ("16", "unmapped"),
            ("pages as usize + 4096", "anonymous"),
            ("1 + 1 == 2", "no address  1 B"),
        ];
        regions(&program, "mapping", &rows);
    }
}

#[test]
fn what_a_value_leads_to_is_told_by_block_and_offset() {
    for variant in BUILDS {
        let program = program("places", variant);
        let (told, _) = answers(&program, "split", &["split words", "split shared", "split roomy"]);
        let block = |answer: &serde_json::Value| {
            let part = &answer["data"]["split"]["parts"][0];
            part["region"]["heap"]["block"].as_u64().expect("a block")
        };
        let (words, shared, roomy) = (block(&told[0]), block(&told[1]), block(&told[2]));
        let (hello, world) = (words + 1, words + 2);
        let here = "stack of split (frame 0)";
        let rows = [
            (
                "words",
                format!(
                    "{here}  24 B\n  leads to → #{words}  owned\n  [0]      → #{hello}  owned\n  \
                     [1]      → #{world}  owned"
                ),
            ),
            // The second String lies 24 bytes into the buffer.
            ("words[1]", format!("#{words}+24  24 B\n  leads to → #{world}  owned")),
            ("words[1][2..4]", format!("#{world}+2  2 B")),
            ("roomy[2]", format!("#{roomy}+8  4 B")),
            ("shared", format!("{here}  8 B\n  leads to → #{shared}  shared")),
            // Behind the two counts.
            ("shared[1]", format!("#{shared}+24  8 B")),
            ("lent[0]", format!("#{words}  24 B\n  leads to → #{hello}  owned")),
        ];
        let rows: Vec<_> = rows.iter().map(|(what, region)| (*what, region.as_str())).collect();
        regions(&program, "split", &rows);
    }
}

#[test]
fn a_split_counts_every_byte_and_every_block_once() {
    for variant in BUILDS {
        let program = program("places", variant);
        let commands = [
            "split words",
            "split shared",
            "split holders",
            "split roomy",
            "split lent",
            "split empty",
        ];
        let (told, _) = answers(&program, "split", &commands);
        // Of each: bytes on the stack, bytes on the heap, blocks, spare, shared blocks, borrowed.
        let expected: [[u64; 6]; 6] = [
            // Two Strings of 24 bytes, and five bytes each.
            [24, 48 + 5 + 5, 3, 0, 0, 0],
            // Two counts and four u64, which three Rcs share.
            [8, 16 + 32, 1, 0, 1, 0],
            [16, 16 + 32, 1, 0, 1, 0],
            // Room for a hundred u32, of which three are there.
            [24, 400, 1, 400 - 12, 0, 0],
            // Optimised code has it in two registers.
            [if variant == Variant::Debug { 16 } else { 0 }, 0, 0, 0, 0, 1],
            [24, 0, 0, 0, 0, 0],
        ];
        for (answer, expected) in told.iter().zip(expected) {
            let totals = &answer["data"]["split"]["totals"];
            let names =
                ["stack_bytes", "heap_bytes", "blocks", "spare", "shared_blocks", "borrowed"];
            let found = names.map(|name| totals[name].as_u64().expect("a number"));
            assert_eq!(found, expected, "{variant:?} {answer}");
        }
    }
}

#[test]
fn a_split_of_a_hundred_thousand_elements_is_exact() {
    let program = program("places", Variant::Debug);
    let (told, _) = answers_with(&program, &["many"], "many", &["split many"]);
    let split = &told[0]["data"]["split"];
    let totals = &split["totals"];
    // A hundred thousand Strings of 24 bytes, and eight digits each.
    assert_eq!(totals["heap_bytes"], 100_000 * (24 + 8), "{totals}");
    assert_eq!((&totals["blocks"], &totals["spare"]), (&100_001.into(), &0.into()));
    assert_eq!(split["at_least"], serde_json::Value::Null);
    assert_eq!(split["parts"][0]["parts"].as_array().map(Vec::len), Some(10));
    assert_eq!(split["parts"][0]["more"]["blocks"], 99_990);
}

#[test]
fn a_split_is_a_tree_of_blocks() {
    let program = program("places", Variant::Debug);
    let said = text(&program, "split", &["split words"]);
    let mut lines = said.lines();
    assert_eq!(lines.next(), Some("words: Vec<String>"));
    let sums = "  24 B on the stack of split (frame 0) + 58 B on the heap in 3 blocks";
    assert_eq!(lines.next(), Some(sums));
    let tree: Vec<_> = lines.map(|line| line.split_once('#').expect("a block")).collect();
    let rows: Vec<_> =
        tree.iter().map(|(bar, row)| (*bar, row.split_once(' ').expect("a row").1)).collect();
    let expected = [
        ("", "   48 B  words     Vec<String>"),
        ("├ ", "  5 B  words[0]  String"),
        ("└ ", "  5 B  words[1]  String"),
    ];
    assert_eq!(rows, expected);
}
