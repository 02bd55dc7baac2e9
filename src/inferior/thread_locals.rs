//! Where a thread has its thread-local storage.
//!
//! x86-64 uses variant II of the TLS ABI (Drepper, "ELF Handling For Thread-Local Storage", section
//! 3.4.6): the block of the main executable ends at the thread pointer. Those of libraries are
//! found through the thread's dynamic thread vector. Where glibc keeps that, it publishes for its
//! own libthread_db, which this follows (glibc, nptl_db/td_thr_tlsbase.c).

use super::Inferior;
use super::linker::Linker;
use crate::base::{MemoryError, MemoryExt, Registers, Unreadable, VirtAddr};
use crate::dwarf::{Loaded, TlsSegment};

/// The most parts of the list of modules that are looked at; glibc makes each 64 modules long.
const MOST_PARTS: usize = 10_000;

/// The bit that marks a block that the thread has not used yet (`TLS_DTV_UNALLOCATED` is -1).
const UNALLOCATED: u64 = 1;

/// A field, as glibc describes it: its size in bits, its count, and its offset in bytes (glibc,
/// nptl_db/db_info.c).
#[derive(Clone, Copy, Debug)]
struct Field {
    bytes: u64,
    offset: u64,
}

impl Inferior {
    /// Where a thread-local variable of a thread lies. `module` is any address in the file that
    /// defines it, `offset` the variable's place in that file's block (the operand of
    /// `DW_OP_form_tls_address`, or the value of its symbol), and `thread` the thread's registers,
    /// of which the base of `fs` is used.
    ///
    /// # Errors
    /// [`Unreadable::NotYetInitialised`] where the thread has no such storage yet, and
    /// [`Unreadable::NotDescribed`] where the file has none or its C library does not publish where
    /// it is.
    pub fn thread_local(
        &self,
        module: VirtAddr,
        thread: &Registers,
        offset: u64,
    ) -> Result<VirtAddr, Unreadable> {
        self.linker().thread_local(module, thread, offset)
    }
}

impl Linker<'_> {
    /// See [`Inferior::thread_local`].
    pub(super) fn thread_local(
        &self,
        module: VirtAddr,
        thread: &Registers,
        offset: u64,
    ) -> Result<VirtAddr, Unreadable> {
        let loaded = self.modules.module_at(module).and_then(|module| module.loaded());
        let loaded = loaded.ok_or(Unreadable::Unmapped { at: module })?;
        let segment = loaded.image.tls_segment().ok_or_else(|| {
            let path = loaded.image.path().display();
            Unreadable::NotDescribed(format!("{path} has no thread-local storage"))
        })?;
        if offset > segment.size {
            return Err(Unreadable::Invalid("offset in thread-local storage".to_owned()));
        }
        // Zero until the C library has set it up.
        if thread.fs_base == 0 {
            return Err(Unreadable::NotYetInitialised);
        }
        let pointer = VirtAddr(thread.fs_base);
        let main = self.modules.main();
        let block = if loaded.bias == main.bias && loaded.image.path() == main.image.path() {
            static_block(pointer, &segment)
        } else {
            self.library_block(&loaded, pointer)?
        };
        Ok(VirtAddr(block.0.wrapping_add(offset)))
    }

    /// As `td_thr_tlsbase` finds it: by the dynamic thread vector if that is recent enough to know
    /// the module, and else by the static offset that the module may have been given.
    fn library_block(&self, of: &Loaded, pointer: VirtAddr) -> Result<VirtAddr, Unreadable> {
        let map = self.link_map(of).ok_or_else(|| missing("the dynamic linker's list of files"))?;
        let module = self.word(map, self.field("link_map_l_tls_modid")?)?;
        if module == 0 {
            // The dynamic linker has not come so far.
            return Err(Unreadable::NotYetInitialised);
        }
        let vector = VirtAddr(self.word(pointer, self.field("pthread_dtvp")?)?);
        if vector == VirtAddr(0) {
            return Err(Unreadable::NotYetInitialised);
        }
        let slots = self.field("dtv_dtv")?;
        let slot = |index: u64| -> Result<VirtAddr, Unreadable> {
            let to = slots.bytes.checked_mul(index).and_then(|to| to.checked_add(slots.offset));
            let at = to.and_then(|to| vector.0.checked_add(to));
            at.map(VirtAddr).ok_or_else(|| missing("the thread's vector of blocks"))
        };
        let known_to_thread = self.word(slot(0)?, self.field("dtv_t_counter")?)?;
        if self.generation(module, map)? <= known_to_thread {
            let block = self.word(slot(module)?, self.field("dtv_t_pointer_val")?)?;
            if block & UNALLOCATED == 0 && block != 0 {
                return Ok(VirtAddr(block));
            }
        }
        // The block of a library that was there from the start has a place in every thread, but the
        // vector of a thread may not name it yet.
        match self.word(map, self.field("link_map_l_tls_offset")?)? {
            0 | u64::MAX => Err(Unreadable::NotYetInitialised),
            below => Ok(VirtAddr(pointer.0.wrapping_sub(below))),
        }
    }

    /// In which generation of the list of modules a module got its number.
    fn generation(&self, module: u64, map: VirtAddr) -> Result<u64, Unreadable> {
        let global = self.published("_rtld_global");
        let global = global.ok_or_else(|| missing("_rtld_global of the dynamic linker"))?;
        let list = self.field("rtld_global__dl_tls_dtv_slotinfo_list")?;
        let (len, next) =
            (self.field("dtv_slotinfo_list_len")?, self.field("dtv_slotinfo_list_next")?);
        let slots = self.field("dtv_slotinfo_list_slotinfo")?;
        let mut part = VirtAddr(self.word(global, list)?);
        let mut index = module;
        for _ in 0..MOST_PARTS {
            if part == VirtAddr(0) {
                break;
            }
            let count = self.word(part, len)?;
            if index >= count {
                index = index.saturating_sub(count);
                part = VirtAddr(self.word(part, next)?);
                continue;
            }
            let to = slots.bytes.saturating_mul(index).saturating_add(slots.offset);
            let slot = VirtAddr(part.0.saturating_add(to));
            if self.word(slot, self.field("dtv_slotinfo_map")?)? != map.0 {
                break;
            }
            return self.word(slot, self.field("dtv_slotinfo_gen")?);
        }
        Err(missing("the module's entry in the list of thread-local blocks"))
    }

    /// How glibc describes one of its fields: `_thread_db_NAME`.
    fn field(&self, name: &str) -> Result<Field, Unreadable> {
        let symbol = format!("_thread_db_{name}");
        let at = self.published(&symbol).ok_or_else(|| missing(&format!("{symbol} of libc")))?;
        let mut words = [0; 12];
        self.memory.read(at, &mut words).map_err(MemoryError::reason)?;
        let [a, b, c, d, .., w, x, y, z] = words;
        let bits = u32::from_le_bytes([a, b, c, d]);
        let offset = u32::from_le_bytes([w, x, y, z]);
        Ok(Field { bytes: u64::from(bits / 8), offset: u64::from(offset) })
    }

    /// Reads a field of eight bytes.
    fn word(&self, of: VirtAddr, field: Field) -> Result<u64, Unreadable> {
        let at = VirtAddr(of.0.saturating_add(field.offset));
        self.memory.read_u64(at).map_err(MemoryError::reason)
    }
}

/// The block of the main executable: the lowest address below the thread pointer that is as far
/// from a multiple of the alignment as the segment's own, with room for all of it.
fn static_block(pointer: VirtAddr, segment: &TlsSegment) -> VirtAddr {
    let mask = segment.align.max(1).wrapping_sub(1);
    let padding = segment.start.0.wrapping_add(segment.size).wrapping_neg() & mask;
    VirtAddr(pointer.0.wrapping_sub(segment.size.wrapping_add(padding)))
}

fn missing(what: &str) -> Unreadable {
    Unreadable::NotDescribed(format!("{what} is not known"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FileAddr;

    #[test]
    fn the_block_of_the_executable_ends_at_the_thread_pointer_and_is_aligned_as_the_file_says() {
        let block = |start: u64, size: u64, align: u64| {
            let segment = TlsSegment { start: FileAddr(start), size, align };
            0x7000_u64 - static_block(VirtAddr(0x7000), &segment).0
        };
        assert_eq!(block(0x1000, 0x20, 8), 0x20);
        assert_eq!(block(0x1000, 0x21, 8), 0x28);
        assert_eq!(block(0x1000, 0x21, 64), 0x40);
        // The segment itself begins eight bytes behind a multiple of 64.
        assert_eq!(block(0x1008, 0x20, 64), 0x38);
        assert_eq!(block(0x1000, 0, 0), 0);
    }
}
