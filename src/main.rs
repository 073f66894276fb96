//! The command line. What it understands and what it does stand in `cli`.

mod cli;

/// Facts are many small vectors, made by several threads at once: what the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    keep_freed_memory();
    cli::run()
}

/// Tells the allocator to give no memory back to the system before the end: what one parsed file frees the next one takes, and the
/// system would have to clear it in between, which is a fifth of the whole time.
fn keep_freed_memory() {
    /// `mi_option_purge_delay` of `mimalloc.h`, which the bindings do not name.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    const NEVER: std::ffi::c_long = -1;
    #[expect(unsafe_code, reason = "sets an option, while there is one thread only")]
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, NEVER);
    }
}
