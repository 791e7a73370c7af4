//! `-v` and `-vv`: what happens, on standard error. No value of the profile is ever logged.

use log::{Level, LevelFilter, Log, Metadata, Record};

struct Logger;

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata) -> bool {
        // Ours alone: what an HTTP library logs may hold a header.
        metadata.target().starts_with("cmr")
    }

    fn log(&self, record: &Record) {
        if self.enabled(record.metadata()) {
            let style = if record.level() <= Level::Warn { super::text::WARN } else { super::text::DIM };
            let level = record.level().as_str().to_ascii_lowercase();
            super::to_stderr(&format!(
                "{style}{level}:{style:#} {}\n",
                crate::text::printable(&record.args().to_string())
            ));
        }
    }

    fn flush(&self) {}
}

/// Lets `-v` count: none says warnings, one what happens, two each step.
pub fn start_logging(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::Warn,
        1 => LevelFilter::Info,
        _ => LevelFilter::Debug,
    };
    if log::set_logger(&Logger).is_ok() {
        log::set_max_level(level);
    }
}
