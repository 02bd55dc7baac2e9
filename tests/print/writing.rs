//! Assignment: what is written, what is refused, and that the program goes on.

use crate::BUILDS;
use crate::support::debug::{answers, refused, shown};
use crate::support::{Variant, program};

#[test]
fn what_is_written_is_what_the_program_goes_on_with() {
    let assignments = [
        "set count = 41",
        "print count += 1",
        "set letter = 'é'",
        "set yes = !yes",
        "set ratio = -1.5",
        "set light = Light::Green",
        "set settings.level = -7",
        "set settings.ratio = 2.0",
        "set settings.light = Light::Red",
        "set row[1] = row[0] + 21",
        "set list[2] = 0xff",
        "set pair.0 = 9",
        "set var pair.1 = false",
        "set *boxed = 55",
        "set *maybe.unwrap() = 8",
        "set *shared = 66",
        "set cell = 5",
        "continue",
    ];
    for variant in BUILDS {
        let (told, ran) = answers(&program("places", variant), "write", &assignments);
        let refused: Vec<_> = told.iter().filter(|answer| answer["answer"] == "error").collect();
        assert!(refused.is_empty(), "{refused:?}");
        let expected = "\
42 é true -1.5 Green [1, 22, 3] [10, 20, 255] (9, false) 55
Settings { level: -7, ratio: 2.0, light: Red, name: \"old\" } Some(8) 66 66 5
42
[Red, Amber, Green]
";
        assert_eq!((ran.code, ran.stdout.as_str()), (0, expected), "{variant:?}");
    }
}

#[test]
fn a_register_is_written_and_the_function_goes_on_with_it() {
    // The argument is in rdi still, and the function doubles it.
    let commands = ["set $rdi = 100", "print n", "continue"];
    let (told, ran) = answers(&program("places", Variant::Opt), "doubled", &commands);
    assert_eq!(shown(&told[1]), "100");
    assert!(ran.stdout.ends_with("\n200\n[Red, Amber, Green]\n"), "{}", ran.stdout);
    assert_eq!(ran.code, 0);
}

#[test]
fn what_owns_or_borrows_is_not_written_and_the_program_ends_as_it_would_have() {
    const OWNER: &str = "its old value would leak, and what the new one owns would be freed twice";
    let refusals: &[(&str, &[&str])] = &[
        ("set settings.name = \"new\"", &["`String` is not assigned to", OWNER]),
        ("set settings.name = settings.name", &["`String` is not assigned to", OWNER]),
        ("set list = list", &["`Vec<u8>` is not assigned to", OWNER]),
        ("set boxed = boxed", &["`Box<i64>` is not assigned to", OWNER]),
        ("set shared = shared", &["`Rc<i64>` is not assigned to", OWNER]),
        ("set maybe = None", &["`Option<Box<u8>>` is not assigned to", "may own", "fields of the"]),
        ("set borrowed = &shared", &["`&Rc<i64>` is not assigned to", "lives long enough"]),
        ("set settings = settings", &["`Settings` is not assigned to", "its fields can be"]),
        ("set row = [1, 2, 3]", &["`[i32; 3]` is not assigned to", "its elements can be"]),
        ("set list.len = 5", &["`len` of `Vec<u8>` is not assigned to", "std relies on"]),
        ("set count = -1", &["-1 is out of range for u32"]),
        ("set count = \"x\"", &["`u32` is expected, and this is `&str`"]),
        ("set yes = 1", &["`bool` is expected"]),
        ("set letter = 5", &["`char` is expected"]),
        ("set light = 1", &["`Light` is expected", "write the variant"]),
        ("set light = Light::Blue", &["Light has no variant `Blue`"]),
        ("set row[7] = 1", &["out of range"]),
        ("set 5 = 6", &["only a place"]),
        ("set counts = 5", &["nothing is called `counts` here"]),
        ("set count", &["this assigns nothing", "`x = VALUE`"]),
        ("set", &["`set` needs what to set"]),
    ];
    for variant in BUILDS {
        let mut commands: Vec<_> = refusals.iter().map(|(command, _)| *command).collect();
        commands.push("continue");
        let (told, ran) = answers(&program("places", variant), "write", &commands);
        for (answer, (command, words)) in told.iter().zip(refusals) {
            let said = refused(answer);
            assert!(words.iter().all(|word| said.contains(word)), "{command}: {said}");
        }
        let expected = "\
1 a false 0.25 Red [1, 2, 3] [10, 20, 30] (1, true) 5
Settings { level: 3, ratio: 0.5, light: Amber, name: \"old\" } Some(9) 6 6 1
42
[Red, Amber, Green]
";
        assert_eq!(ran.stdout, expected, "{variant:?}");
        let end = told.last().expect("an answer");
        assert_eq!(end["data"]["code"], 0, "{end}");
    }
}
