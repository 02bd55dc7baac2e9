//! Entries and exits of the chosen functions: which calls are open, and which are over.

use super::run::Session;
use super::threads::Activation;
use crate::asm::{Exit, ExitKind, takes_branch};
use crate::base::{EventKind, Evidence, MemoryExt, Register, ReturnEnd, ThreadNo, VirtAddr};
use crate::frame::innermost_cfa;
use crate::inferior::Stopped;

impl Session {
    pub(super) fn entered(&mut self, thread: &Stopped, index: usize) {
        self.plant_exits(index);
        let registers = *thread.registers();
        let no = thread.no();
        let sp = registers.sp();
        let cfa = innermost_cfa(self.inferior.modules(), self.inferior.memory(), &registers);
        let cfa = cfa.unwrap_or(sp + 8);
        if self.threads.of(no).is_open(index, cfa) {
            return;
        }
        self.end_gone(no, cfa, ReturnEnd::Unwound);
        let depth = u32::try_from(self.threads.of(no).open.len()).unwrap_or(u32::MAX);
        let too_deep = self.options.max_depth.is_some_and(|limit| depth >= limit);
        let shown = self.folding.enter(no, index) && !too_deep;
        let frame_bytes = cfa.0.saturating_sub(sp.0);
        self.threads.of(no).open.push(Activation { function: index, cfa, frame_bytes, shown });
        if let Some(top) = self.threads.of(no).top {
            self.peak_stack = self.peak_stack.max(top.0.saturating_sub(sp.0));
        }
        if shown {
            self.tell_enter(thread, depth);
        }
    }

    pub(super) fn scope_ended(&mut self, thread: &Stopped, index: usize) {
        let open = &self.threads.of(thread.no()).open;
        let depth = open.len().saturating_sub(1);
        let sp = thread.registers().sp();
        let current = open.last().filter(|call| call.function == index && call.cfa > sp);
        if current.is_some_and(|call| call.shown) {
            self.tell_scope_end(thread, u32::try_from(depth).unwrap_or(u32::MAX));
        }
    }

    pub(super) fn left(&mut self, thread: &Stopped, index: usize, exit: Exit) {
        let no = thread.no();
        if exit.conditional && !self.is_taken(thread) {
            return;
        }
        // At a `ret`, and at the jump that takes its place, the frame holds the return address alone.
        let cfa = thread.registers().sp() + 8;
        self.end_gone(no, cfa, ReturnEnd::Unwound);
        let Some(call) = self.threads.of(no).take_returning(index, cfa) else { return };
        self.folding.leave(no);
        if call.shown {
            let end = match exit.kind {
                ExitKind::Ret => ReturnEnd::Ret,
                ExitKind::TailCall { .. } => ReturnEnd::TailCall,
            };
            self.tell_return(thread, call, end);
        }
    }

    /// Whether the conditional jump at which a thread stands will jump.
    fn is_taken(&self, thread: &Stopped) -> bool {
        let registers = thread.registers();
        let rcx = registers.get(Register::RCX).unwrap_or(0);
        // The longest instruction has 15 bytes (Intel SDM, volume 2, 2.3.11).
        let code = self.inferior.memory().read_bytes(registers.pc(), 15);
        code.is_ok_and(|code| takes_branch(&code, registers.eflags, rcx))
    }

    /// Ends the calls whose frames lie below a frame that is the innermost now.
    pub(super) fn end_gone(&mut self, no: ThreadNo, cfa: VirtAddr, end: ReturnEnd) {
        for call in self.threads.of(no).take_gone(cfa) {
            self.folding.leave(no);
            if !call.shown {
                continue;
            }
            self.flush_repeated(no);
            let kind = EventKind::Return {
                depth: u32::try_from(self.threads.of(no).open.len()).unwrap_or(u32::MAX),
                function: self.functions[call.function].name.to_string(),
                frame_bytes: call.frame_bytes,
                value: None,
                end: end.clone(),
                stack: None,
            };
            self.emit(no, Evidence::Inferred, None, None, kind);
        }
    }
}
