//! The patched addresses.

use std::collections::BTreeMap;

use crate::asm;
use crate::base::{MemoryError, VirtAddr};
use crate::inferior::InferiorError;
use crate::os::ProcessMemory;

/// The instruction that stops: `int3`.
pub(super) const INT3: u8 = 0xcc;

/// The longest instruction, in bytes.
pub(super) const LONGEST: usize = 15;

/// The sites of a process: what is patched, and what was there before.
#[derive(Clone, Default)]
pub(super) struct Sites {
    active: BTreeMap<VirtAddr, Site>,
    /// Addresses that once were sites: a thread may have hit one before it was removed and be seen
    /// only now.
    /// What was there before, and is there again.
    former: BTreeMap<VirtAddr, u8>,
}

/// One site.
#[derive(Clone)]
struct Site {
    original: u8,
    /// Whether the floors above asked for it.
    asked: bool,
    /// How many parts of this floor need it.
    internal: u32,
}

/// Who needs a site.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum For {
    /// The floors above: hits are reported.
    Caller,
    /// This floor itself: hits stay inside.
    Inferior,
}

impl Sites {
    /// Patches an address, if it is not patched yet.
    pub(super) fn insert(
        &mut self,
        at: VirtAddr,
        whom: For,
        memory: &ProcessMemory,
    ) -> Result<(), InferiorError> {
        if !self.active.contains_key(&at) {
            let bytes = self.instruction_bytes(at, memory);
            if bytes.is_empty() {
                return Err(InferiorError::NotCode(at));
            }
            if asm::instruction_length(&bytes).is_none() {
                let reason = asm::RelocationError::NotAnInstruction(bytes);
                return Err(InferiorError::Instruction { at, reason });
            }
            let original = bytes.first().copied().unwrap_or(INT3);
            memory.write(at, &[INT3]).map_err(|_| InferiorError::NotCode(at))?;
            self.active.insert(at, Site { original, asked: false, internal: 0 });
        }
        if let Some(site) = self.active.get_mut(&at) {
            match whom {
                For::Caller => site.asked = true,
                For::Inferior => site.internal = site.internal.saturating_add(1),
            }
        }
        Ok(())
    }

    /// Gives an address up; it is restored when nobody needs it any more.
    pub(super) fn remove(&mut self, at: VirtAddr, whom: For, memory: &ProcessMemory) {
        let Some(site) = self.active.get_mut(&at) else { return };
        match whom {
            For::Caller => site.asked = false,
            For::Inferior => site.internal = site.internal.saturating_sub(1),
        }
        if !site.asked && site.internal == 0 {
            // Where the write fails the memory is gone, and the patch with it.
            let _ = memory.write(at, &[site.original]);
            self.former.insert(at, site.original);
            self.active.remove(&at);
        }
    }

    /// Whether the address is patched, for whomever.
    pub(super) fn is_active(&self, at: VirtAddr) -> bool {
        self.active.contains_key(&at)
    }

    /// Whether the floors above asked for a site there.
    pub(super) fn is_asked(&self, at: VirtAddr) -> bool {
        self.active.get(&at).is_some_and(|site| site.asked)
    }

    /// Whether there was a site that is removed.
    pub(super) fn was_active(&self, at: VirtAddr) -> bool {
        self.former.contains_key(&at)
    }

    /// Puts the original bytes over what was read from `at` on.
    pub(super) fn hide(&self, at: VirtAddr, bytes: &mut [u8]) {
        let end = VirtAddr(at.0.saturating_add(bytes.len() as u64));
        for (address, site) in self.active.range(at..end) {
            let index = usize::try_from(*address - at).unwrap_or(usize::MAX);
            if let Some(byte) = bytes.get_mut(index) {
                *byte = site.original;
            }
        }
    }

    /// Writes what the program is to see: sites stay patched, and keep the new byte for later.
    ///
    /// # Errors
    /// The first address that could not be written; what lies before it was.
    pub(super) fn write_below(
        &mut self,
        at: VirtAddr,
        bytes: &[u8],
        memory: &ProcessMemory,
    ) -> Result<(), MemoryError> {
        let end = VirtAddr(at.0.saturating_add(bytes.len() as u64));
        let mut patched = bytes.to_vec();
        for (address, _) in self.active.range(at..end) {
            let index = usize::try_from(*address - at).unwrap_or(usize::MAX);
            if let Some(byte) = patched.get_mut(index) {
                *byte = INT3;
            }
        }
        let result = memory.write(at, &patched);
        let written = result.as_ref().map_or_else(|error| error.at, |()| end);
        for (address, site) in self.active.range_mut(at..written.clamp(at, end)) {
            let index = usize::try_from(*address - at).unwrap_or(usize::MAX);
            if let Some(byte) = bytes.get(index) {
                site.original = *byte;
            }
        }
        result
    }

    /// Writes the original bytes of all sites to the copy of the memory that a forked child has.
    /// What was removed after the fork is patched there still.
    pub(super) fn clean_copy(&self, copy: &ProcessMemory) {
        self.clean(copy);
        self.clean_former(copy);
    }

    /// Makes the copy of the memory that a forked child has as this one is now: sites may have come
    /// and gone since the fork.
    pub(super) fn put_into_copy(&self, copy: &ProcessMemory) {
        self.clean_former(copy);
        for at in self.active.keys() {
            let _ = copy.write(*at, &[INT3]);
        }
    }

    fn clean_former(&self, copy: &ProcessMemory) {
        for (at, original) in self.former.iter().filter(|(at, _)| !self.active.contains_key(at)) {
            let mut byte = [0];
            if copy.read(*at, &mut byte).is_ok() && byte == [INT3] {
                let _ = copy.write(*at, &[*original]);
            }
        }
    }

    /// Writes the original bytes of all sites to a memory: this process's own, or the copy that a
    /// forked child has. What cannot be written there is not patched there either.
    pub(super) fn clean(&self, memory: &ProcessMemory) {
        for (at, site) in &self.active {
            let _ = memory.write(*at, &[site.original]);
        }
    }

    /// Forgets everything: the memory that was patched is gone.
    pub(super) fn forget(&mut self) {
        *self = Sites::default();
    }

    /// The bytes of the instruction at an address as the program wrote them, as many as can be
    /// read.
    pub(super) fn instruction_bytes(&self, at: VirtAddr, memory: &ProcessMemory) -> Vec<u8> {
        let mut bytes = [0; LONGEST];
        let read = match memory.read(at, &mut bytes) {
            Ok(()) => LONGEST,
            Err(MemoryError { at: failed, .. }) => {
                usize::try_from(failed - at).unwrap_or(0).min(LONGEST)
            }
        };
        let mut bytes = bytes.get(..read).unwrap_or_default().to_vec();
        self.hide(at, &mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Tid;

    fn own_memory() -> ProcessMemory {
        ProcessMemory::open(Tid(std::process::id().cast_signed())).expect("own memory")
    }

    #[test]
    fn a_site_is_inserted_once_hidden_and_removed_when_nobody_needs_it() {
        let memory = own_memory();
        let code = [0x55_u8; 64];
        let byte = |index: usize| {
            let mut read = [0];
            let at = VirtAddr(code.as_ptr() as u64) + index as u64;
            memory.read(at, &mut read).expect("mapped");
            read[0]
        };
        let at = VirtAddr(code.as_ptr() as u64) + 8;
        let mut sites = Sites::default();
        sites.insert(at, For::Caller, &memory).expect("inserted");
        sites.insert(at, For::Caller, &memory).expect("inserted");
        sites.insert(at, For::Inferior, &memory).expect("inserted");
        assert_eq!(byte(8), INT3);
        let mut seen = [0x55, INT3, 0x55];
        sites.hide(at.offset(-1), &mut seen);
        assert_eq!(seen, [0x55; 3]);
        sites.remove(at, For::Caller, &memory);
        assert!(sites.is_active(at) && !sites.is_asked(at));
        sites.remove(at, For::Inferior, &memory);
        assert_eq!(byte(8), 0x55);
        // The bytes are read through the kernel only: the array must stay where it is.
        std::hint::black_box(&code);
        assert!(!sites.is_active(at) && sites.was_active(at));
    }

    #[test]
    fn what_is_no_instruction_is_not_patched() {
        let memory = own_memory();
        let code = [0x06_u8; 32];
        let at = VirtAddr(code.as_ptr() as u64);
        let mut sites = Sites::default();
        let error = sites.insert(at, For::Caller, &memory);
        assert!(matches!(error, Err(InferiorError::Instruction { .. })));
        assert_eq!(std::hint::black_box(code), [0x06; 32]);
    }
}
