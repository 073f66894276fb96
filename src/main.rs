//! The command line. What it understands and what it does stand in `cli`.

mod cli;

/// Facts are many small vectors, made by several threads at once: what the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
