//! rayon, on two threads or as many as there are processors.

use crate::measure::{Budget, calls, median};
use crate::tasks::{mandelbrot, primes};
use rayon::prelude::*;
use std::hint::black_box;
use std::time::Instant;

const MILLION: usize = 1_000_000;

fn counting(n: usize) -> Vec<f64> {
    (1..=n).map(|x| x as f64).collect()
}

fn small() -> Vec<f64> {
    (0..MILLION).map(|i| (i % 1000) as f64).collect()
}

/// Milliseconds for ten thousand items.
pub fn items(budget: &Budget) -> f64 {
    let list: Vec<f64> = (0..10_000).map(f64::from).collect();
    let call = |_| {
        let results: Vec<f64> = black_box(&list).par_iter().map(|x| x + 1.0).collect();
        assert!(results.len() == list.len() && results[9_999] == 10_000.0, "results");
    };
    median(&mut calls(budget, call, || ())) * 1e3
}

/// Microseconds for the sum of 1..=n.
pub fn sum(budget: &Budget, n: usize) -> f64 {
    let numbers = counting(n);
    let expected = (n * (n + 1) / 2) as f64;
    let call = |_| assert_eq!(black_box(&numbers).par_iter().sum::<f64>(), expected, "sum");
    median(&mut calls(budget, call, || ())) * 1e6
}

pub fn collect(budget: &Budget) -> f64 {
    let numbers = small();
    let expected: Vec<f64> = numbers.iter().filter(|&x| x % 2.0 == 0.0).map(|x| x * x).collect();
    let mut squares = Vec::new();
    let mut samples = calls(
        budget,
        |_| squares = black_box(&numbers).par_iter().filter(|&x| x % 2.0 == 0.0).map(|x| x * x).collect(),
        || (),
    );
    assert!(squares == expected, "squares");
    median(&mut samples) * 1e6
}

pub fn even_sum(budget: &Budget) -> f64 {
    let numbers = small();
    let expected: f64 = numbers.iter().filter(|&x| x % 2.0 == 0.0).map(|x| x * x).sum();
    let call = |_| {
        let total: f64 = black_box(&numbers).par_iter().filter(|&x| x % 2.0 == 0.0).map(|x| x * x).sum();
        assert_eq!(total, expected, "sum");
    };
    median(&mut calls(budget, call, || ())) * 1e6
}

/// Milliseconds in parallel, and the speed-up over one thread, measured alternately.
pub fn compute(budget: &Budget, work: &str) -> (f64, f64) {
    let (work, inputs): (fn(i32) -> f64, Vec<i32>) = match work {
        "primes" => (primes, (0..400).map(|i| i * 1000).collect()),
        _ => (mandelbrot, (0..256).collect()),
    };
    let together = || black_box(&inputs).par_iter().map(|&i| work(i)).sum::<f64>();
    let expected: f64 = inputs.iter().map(|&i| work(i)).sum();
    assert_eq!(together(), expected, "answer");
    let (mut alone_times, mut together_times) = (Vec::new(), Vec::new());
    let until = Instant::now() + budget.run * 2;
    while Instant::now() < until || alone_times.len() < 3 {
        let start = Instant::now();
        assert_eq!(black_box(&inputs).iter().map(|&i| work(i)).sum::<f64>(), expected, "answer");
        alone_times.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        assert_eq!(together(), expected, "answer");
        together_times.push(start.elapsed().as_secs_f64());
    }
    let together = median(&mut together_times);
    (together * 1e3, median(&mut alone_times) / together)
}
