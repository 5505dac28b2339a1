//! The rows of the benchmark in Rust:  yardstick <row> <warm ms> <ms> <process start>
//!
//! Prints the same outcome as bench/cell.ts, so the harness reads both alike. A wrong result panics, and is printed as
//! WRONG.

mod channels;
mod jobs;
mod measure;
mod par;
mod sync;
mod tasks;

use measure::Budget;
use std::time::Duration;
use std::{env, panic};

type Reading = Vec<(&'static str, f64)>;

/// Returns `None` if Rust has no such row.
fn measure(row: &str, budget: &Budget, process_start_ms: f64) -> Option<Reading> {
    let b = budget;
    Some(match row {
        "round-trip-hot" => {
            let (median, p99) = jobs::hot(b);
            vec![("median", median), ("p99", p99)]
        }
        "round-trip-parked" => vec![("median", jobs::parked(b))],
        "tasks-10k" => vec![("ms", jobs::separate(b))],
        "items-10k" => vec![("ms", par::items(b))],
        "async-task" => vec![("us", jobs::async_task(b))],
        "channel-number-to-thread" => vec![("rate", channels::numbers(b, false))],
        "channel-number-to-main" => vec![("rate", channels::numbers(b, true))],
        "channel-object-to-thread" => vec![("rate", channels::objects(b, false))],
        "channel-object-to-main" => vec![("rate", channels::objects(b, true))],
        "channel-string-to-thread" => vec![("rate", channels::strings(b, false))],
        "channel-string-to-main" => vec![("rate", channels::strings(b, true))],
        "channel-crowd" => vec![("rate", channels::crowd(b))],
        "channel-bounded-1" => vec![("rate", channels::bounded(b, 1))],
        "channel-bounded-0" => vec![("rate", channels::bounded(b, 0))],
        "channel-broadcast" => vec![("rate", channels::broadcast(b))],
        "channel-watch" => vec![("rate", channels::watch(b))],
        "channel-oneshot" => vec![("us", channels::oneshot(b))],
        "channel-array-queue" => vec![("rate", channels::array_queue(b))],
        "channel-seg-queue" => vec![("rate", channels::seg_queue(b))],
        "ping-pong" => vec![("us", channels::ping_pong(b))],
        "mutex-uncontended" => vec![("ns", sync::lock(b, 1))],
        "mutex-contended" => vec![("ns", sync::lock(b, 2))],
        "rw-lock-read" => vec![("ns", sync::read(b))],
        "atomic-add" => vec![("ns", sync::atomic_add(b))],
        "arc-clone" => vec![("ns", sync::arc_clone(b))],
        "cold" => {
            let (spawn, process) = jobs::cold(process_start_ms);
            vec![("spawn", spawn), ("process", process)]
        }
        "memory" => vec![("mb", jobs::memory()?)],
        "objects-10k" => vec![("ms", jobs::objects(b))],
        "megabyte-transferred" => vec![("us", jobs::transfer(b))],
        "megabyte-shared" => vec![("us", jobs::share(b))],
        "par-sum-1000" => vec![("us", par::sum(b, 1000))],
        "par-sum-1e6" | "par-sum-f64" => vec![("us", par::sum(b, 1_000_000))],
        "par-collect" | "par-collect-f64" => vec![("us", par::collect(b))],
        "par-even-sum-f64" => vec![("us", par::even_sum(b))],
        "compute-primes" | "compute-mandelbrot" => {
            let (ms, speedup) = par::compute(b, row.trim_start_matches("compute-"));
            vec![("ms", ms), ("speedup", speedup)]
        }
        _ => return None,
    })
}

fn outcome(args: &[String]) -> String {
    let number = |i: usize| args[i].parse::<f64>().expect("a number");
    let budget = Budget {
        warm: Duration::from_secs_f64(number(1) / 1e3),
        run: Duration::from_secs_f64(number(2) / 1e3),
    };
    match panic::catch_unwind(|| measure(&args[0], &budget, number(3))) {
        Ok(None) => r#"{"kind":"absent"}"#.into(),
        Ok(Some(reading)) => {
            let fields: Vec<String> = reading.iter().map(|(metric, value)| format!("\"{metric}\":{value}")).collect();
            format!(r#"{{"kind":"measured","reading":{{{}}}}}"#, fields.join(","))
        }
        Err(panic) => {
            let message = panic.downcast_ref::<String>().map_or("it panicked", String::as_str);
            format!(r#"{{"kind":"wrong","message":{message:?}}}"#)
        }
    }
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    if args.len() != 4 {
        eprintln!("yardstick <row> <warm ms> <ms> <process start>");
        std::process::exit(2);
    }
    println!("\n@bench {}", outcome(&args));
}
