//! System calls.

use crate::base::system_call_number;
use crate::inferior::test_programs::{SUCCESS, run_with, start};
use crate::inferior::{CallSide, Stop};

#[test]
fn each_system_call_is_told_when_it_begins_and_when_it_ends_in_every_thread() {
    let (mut inferior, first) = start(&["threads", "3", "2"]);
    inferior.tell_system_calls(true);
    let mut unpaired = Vec::new();
    let course = run_with(&mut inferior, first, |_, stop| {
        let Stop::SystemCall { thread, call } = stop else { return };
        match call.side {
            CallSide::Begins => unpaired.push((thread.no(), call.number)),
            CallSide::Ends { .. } => {
                let begun = unpaired.iter().rposition(|open| *open == (thread.no(), call.number));
                unpaired.remove(begun.expect("it has begun"));
            }
        }
    });
    assert_eq!(course.end, SUCCESS);
    assert!(course.calls.len() > 20, "{:?}", course.calls);
    let of = |name| system_call_number(name).expect("a call");
    let made = |name| course.calls.iter().any(|call| call.number == of(name));
    assert!(made("clone3") || made("clone"));
    // What ends a thread or the process does not return.
    assert!(unpaired.iter().all(|(_, call)| [of("exit"), of("exit_group")].contains(call)));
    assert_eq!(unpaired.len(), 4);
}

#[test]
fn nothing_is_told_of_system_calls_that_nobody_asks_for_any_more() {
    let (mut inferior, first) = start(&["threads", "2", "2"]);
    inferior.tell_system_calls(true);
    let mut seen = 0;
    let course = run_with(&mut inferior, first, |inferior, stop| {
        if matches!(stop, Stop::SystemCall { .. }) {
            seen += 1;
            inferior.tell_system_calls(false);
        }
    });
    assert_eq!((seen, course.end), (1, SUCCESS));
}
