//! The clock of bench/measure.ts, in Rust: the same warm-up, the same growth, the same medians.

use std::time::{Duration, Instant};

pub struct Budget {
    pub warm: Duration,
    pub run: Duration,
}

pub fn quantile(samples: &mut [f64], q: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[((samples.len() as f64 * q) as usize).min(samples.len() - 1)]
}

pub fn median(samples: &mut [f64]) -> f64 {
    quantile(samples, 0.5)
}

/// Seconds of each call, one call after the other. `after` runs between calls, not timed.
pub fn calls(budget: &Budget, mut call: impl FnMut(u64), mut after: impl FnMut()) -> Vec<f64> {
    let mut samples = Vec::new();
    let from = Instant::now() + budget.warm;
    for i in 0.. {
        let start = Instant::now();
        call(i);
        let end = Instant::now();
        if start >= from {
            samples.push((end - start).as_secs_f64());
        }
        after();
        if samples.len() >= 5 && end > from + budget.run {
            break;
        }
    }
    samples
}

/// Seconds per item of a run with a given number of items.
pub fn per_item(budget: &Budget, most: u64, mut run: impl FnMut(u64)) -> f64 {
    let enough = budget.run.as_secs_f64() / 4.0;
    let mut n = 1024;
    let warm_until = Instant::now() + budget.warm;
    while Instant::now() < warm_until {
        run(n);
    }
    loop {
        let seconds = timed(&mut run, n).min(timed(&mut run, n));
        if seconds >= enough || n >= most {
            break;
        }
        n = most.min((n as f64 * (enough / seconds).clamp(2.0, 8.0)).ceil() as u64);
    }
    let mut samples: Vec<f64> = (0..4).map(|_| timed(&mut run, n)).collect();
    median(&mut samples) / n as f64
}

fn timed(run: &mut impl FnMut(u64), n: u64) -> f64 {
    let start = Instant::now();
    run(n);
    start.elapsed().as_secs_f64()
}
