//! Panics of readers.
//!
//! In: something that may panic. Out: its answer, or the message of its panic. What stays true: such a
//! panic is no news for anybody, so the hooks that log and report panics of the program never see it.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether this thread is in [`catch`], where a panic is no news for anybody.
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Runs a reader; a panic of it comes back as its message, unseen by the hooks that log and report
/// panics of the program.
pub(crate) fn catch<T>(read: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !CATCHING.get() {
                others(info);
            }
        }));
    });
    CATCHING.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(read));
    CATCHING.set(false);
    outcome.map_err(|panic| panic_message(&*panic))
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or(panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it panicked").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_with_its_message() {
        let answer = catch(|| 42);
        assert_eq!(answer, Ok(42));
        let caught = catch(|| -> u8 { panic!("channel count {}", 0) });
        assert_eq!(caught, Err("channel count 0".to_owned()));
        let caught = catch(|| -> u8 { panic!("plain") });
        assert_eq!(caught, Err("plain".to_owned()));
    }
}
