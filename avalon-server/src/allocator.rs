//! The memory of the allocator: what a library needed while it was built goes back to the system.
//!
//! In and out: nothing. glibc keeps freed memory for itself as long as anything behind it is in use, and
//! what is kept of a library lies between what is not: a fifth of all memory stayed resident.

/// Gives back what the allocator holds and nobody uses. It takes some milliseconds, in which other
/// threads may wait for memory: call it where a library was built or freed, never for a request.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "the one call that glibc has for it")]
    // SAFETY: it takes no pointer, may be called by any thread at any time, and touches only memory
    // that is free (malloc_trim(3)).
    unsafe {
        libc::malloc_trim(0);
    }
}
