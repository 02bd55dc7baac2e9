//! What became of variables, put together from what their function's code says and what was seen of
//! the blocks that they owned.

use crate::base::{At, GonePart, SlotState, SlotView, Unreadable, VirtAddr};
use crate::track::{Claim, Says, Standing};
use crate::value::Value;

/// The state of a slot whose bytes claim to own blocks, where that is not what is known already.
/// `known` is its state by the code; `standing` is what the blocks say.
pub(super) fn with_standing(
    known: &SlotState,
    says: Says,
    standing: Standing,
) -> Option<SlotState> {
    let uncertain = matches!(known, SlotState::Unreadable(_));
    match (standing, says) {
        // Bytes that look like those of an owner are no proof that it is one or was one.
        (_, Says::Nothing) if uncertain => Some(known.clone()),
        // Where a copy of its bytes lies is no proof either.
        (_, Says::Nothing) if matches!(known, SlotState::Perhaps { .. }) => None,
        (Standing::Freed { block, at }, _) if !matches!(known, SlotState::Moved { .. }) => {
            Some(SlotState::Freed { block, at: at.map(|at| (*at).clone()) })
        }
        (Standing::Moved { to }, Says::Nothing) => {
            Some(SlotState::Moved { to: Some(to).filter(|to| !to.is_empty()), at: None })
        }
        (Standing::Moved { to }, Says::Gone) => match known {
            // Who has it today is more than who got it first.
            SlotState::Moved { at, .. } if !to.is_empty() => {
                Some(SlotState::Moved { to: Some(to), at: at.clone() })
            }
            known => Some(known.clone()),
        },
        (_, Says::Gone) => Some(known.clone()),
        _ => None,
    }
}

/// The line that moved what is in this state, where the code tells one.
pub(super) fn line_of_move(state: &SlotState) -> Option<&At> {
    match state {
        SlotState::Moved { at, .. } => at.as_ref(),
        SlotState::MovedOrDropped { at } => match at.as_slice() {
            [at] => Some(at),
            _ => None,
        },
        _ => None,
    }
}

/// Puts what the code says of a variable in the place of what its bytes look like.
pub(super) fn apply_fate(fate: Option<&SlotState>, view: &mut SlotView) -> Says {
    match fate {
        None => Says::Nothing,
        Some(SlotState::Live) => Says::Live,
        Some(unknown @ SlotState::Unreadable(_)) => {
            view.state = unknown.clone();
            view.value = None;
            Says::Nothing
        }
        Some(perhaps @ SlotState::Perhaps { .. }) => {
            if view.state == SlotState::Live {
                view.state = perhaps.clone();
            }
            Says::Nothing
        }
        Some(SlotState::PartlyMoved { parts }) => {
            view.state = SlotState::PartlyMoved { parts: parts.clone() };
            view.value = None;
            view.blocks.retain(|held| !is_gone(parts, &held.path));
            Says::Live
        }
        Some(gone) => {
            view.state = gone.clone();
            view.value = None;
            view.blocks.clear();
            view.leads_to = None;
            Says::Gone
        }
    }
}

/// Whether a path is that of a part, or leads into it: `.a.b` and `.a[1]` into `.a`, but not `.ab`.
pub(super) fn is_at(path: &str, part: &str) -> bool {
    let rest = path.strip_prefix(part);
    rest.is_some_and(|rest| part.is_empty() || rest.is_empty() || rest.starts_with(['.', '[', '*']))
}

/// Whether a part of a value lies in one that is gone.
pub(super) fn is_gone(parts: &[GonePart], path: &str) -> bool {
    // What a box held is `.*` as a field of it, and `*` as a part of its value.
    parts.iter().any(|part| match part.path.strip_suffix(".*") {
        Some(of) => is_at(path, of) && path != of,
        None => is_at(path, &part.path),
    })
}

/// A claim with what the code says of it, to what is left of its value.
pub(super) fn with_fate(
    claim: Claim,
    says: Says,
    fate: Option<&SlotState>,
    value: &Value,
) -> Claim {
    let Some(SlotState::PartlyMoved { parts }) = fate else { return Claim { says, ..claim } };
    let gone = value.heap_parts().into_iter().filter(|part| is_gone(parts, &part.path));
    let gone: Vec<VirtAddr> = gone.map(|part| part.pointer).collect();
    let owns = claim.owns.into_iter().filter(|pointer| !gone.contains(pointer)).collect();
    Claim { owns, says, ..claim }
}

/// Why a variable of this state has no value to show; none where it has one.
pub(super) fn reason(state: &SlotState) -> Option<Unreadable> {
    match state {
        SlotState::Live | SlotState::Perhaps { .. } => None,
        SlotState::Uninitialised => Some(Unreadable::NotYetInitialised),
        SlotState::Moved { to, at } => {
            Some(Unreadable::Moved { to: to.as_deref().map(Into::into), at: place(at.as_ref()) })
        }
        SlotState::MovedOrDropped { at } => {
            Some(Unreadable::MovedOrDropped { at: at.iter().filter_map(short).collect() })
        }
        SlotState::PartlyMoved { parts } => {
            let parts = parts.iter().map(|part| {
                let dropped = if part.dropped { " dropped" } else { "" };
                let to = part.to.as_ref().map_or(String::new(), |to| format!(" to {to}"));
                let at = part.at.as_ref().and_then(short);
                let at = at.map_or(String::new(), |at| format!(" at {at}"));
                format!("{}{dropped}{to}{at}", part.path)
            });
            Some(Unreadable::PartlyMoved { parts: parts.collect() })
        }
        SlotState::Dropped { at } => {
            Some(Unreadable::Dropped { block: None, at: place(at.as_ref()) })
        }
        SlotState::Freed { block, at } => {
            Some(Unreadable::Dropped { block: Some(*block), at: place(at.as_ref()) })
        }
        SlotState::Unreadable(why) => Some(why.clone()),
    }
}

/// Why a field that is gone has no value.
pub(super) fn reason_of_part(part: &GonePart) -> Unreadable {
    match part.dropped {
        true => Unreadable::Dropped { block: None, at: place(part.at.as_ref()) },
        false => Unreadable::Moved {
            to: part.to.as_deref().map(Into::into),
            at: place(part.at.as_ref()),
        },
    }
}

fn place(at: Option<&At>) -> Option<Box<str>> {
    at.and_then(short).map(Into::into)
}

/// The file without its folders, and the line: `main.rs:7`.
pub(super) fn short(at: &At) -> Option<String> {
    let file = at.file.as_deref()?.rsplit('/').next()?.to_owned();
    Some(at.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::BlockId;

    fn moved(to: Option<&str>, line: Option<u32>) -> SlotState {
        let at = line.map(|line| At {
            function: "k::main".into(),
            file: Some("/src/main.rs".into()),
            line: Some(line),
        });
        SlotState::Moved { to: to.map(str::to_owned), at }
    }

    #[test]
    fn a_part_whose_name_begins_like_that_of_one_that_is_gone_is_there() {
        let part = |path: &str| GonePart { path: path.into(), dropped: false, to: None, at: None };
        let gone = [part(".name"), part(".1"), part(".inner.*")];
        let is_gone = |path| is_gone(&gone, path);
        assert!(is_gone(".name") && is_gone(".name[0].x") && is_gone(".1.a") && is_gone(".1*"));
        assert!(!is_gone(".name_2") && !is_gone(".10") && !is_gone(".inner"));
        assert!(is_gone(".inner*.a") && !is_gone(".inner_2*"));
    }

    #[test]
    fn the_code_says_whether_and_where_and_the_blocks_say_to_whom() {
        let standing = |to: &str| Standing::Moved { to: to.into() };
        let by_code = moved(Some("take"), Some(7));
        let both = with_standing(&by_code, Says::Gone, standing("main::kept"));
        assert_eq!(both, Some(moved(Some("main::kept"), Some(7))));
        assert_eq!(with_standing(&by_code, Says::Gone, standing("")), Some(by_code.clone()));
        assert_eq!(with_standing(&SlotState::Live, Says::Live, standing("main::b")), None);
        let alone = with_standing(&SlotState::Live, Says::Nothing, standing("main::b"));
        assert_eq!(alone, Some(moved(Some("main::b"), None)));
    }

    #[test]
    fn a_block_that_was_freed_is_told_unless_the_value_was_moved_before() {
        let freed = || Standing::Freed { block: BlockId(3), at: None };
        let state = with_standing(&SlotState::Dropped { at: None }, Says::Gone, freed());
        assert_eq!(state, Some(SlotState::Freed { block: BlockId(3), at: None }));
        let state = with_standing(&moved(None, Some(7)), Says::Gone, freed());
        assert_eq!(state, Some(moved(None, Some(7))));
    }

    #[test]
    fn reasons_say_where_and_to_whom_as_far_as_it_is_known() {
        let text = |state| reason(&state).map(|why| why.to_string());
        assert_eq!(
            text(moved(Some("f::x"), Some(7))).as_deref(),
            Some("moved to f::x at main.rs:7")
        );
        assert_eq!(text(moved(None, None)).as_deref(), Some("moved"));
        assert_eq!(text(SlotState::Dropped { at: None }).as_deref(), Some("dropped"));
        assert_eq!(text(SlotState::Live), None);
    }
}
