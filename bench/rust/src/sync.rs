//! std's Mutex, RwLock, atomics and Arc: nanoseconds per operation.

use crate::measure::{Budget, per_item};
use std::hint::black_box;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;

const MOST: u64 = 64_000_000;

pub fn lock(budget: &Budget, threads: u64) -> f64 {
    let seconds = per_item(budget, MOST, |n| {
        let n = n - n % 2;
        let counter = Mutex::new(0_u64);
        thread::scope(|s| {
            for _ in 0..threads {
                s.spawn(|| {
                    for _ in 0..n / threads {
                        *black_box(&counter).lock().unwrap() += 1;
                    }
                });
            }
        });
        assert_eq!(counter.into_inner().unwrap(), n, "counter");
    });
    seconds * 1e9
}

pub fn read(budget: &Budget) -> f64 {
    let seconds = per_item(budget, MOST, |n| {
        let lock = RwLock::new(1_u64);
        let sum = thread::scope(|s| {
            s.spawn(|| {
                let mut sum = 0;
                for _ in 0..n {
                    sum += *black_box(&lock).read().unwrap();
                }
                sum
            })
            .join()
            .unwrap()
        });
        assert_eq!(sum, n, "sum");
    });
    seconds * 1e9
}

pub fn atomic_add(budget: &Budget) -> f64 {
    let seconds = per_item(budget, MOST, |n| {
        let counter = AtomicI32::new(0);
        thread::scope(|s| {
            s.spawn(|| {
                for _ in 0..n {
                    black_box(&counter).fetch_add(1, SeqCst);
                }
            });
        });
        assert_eq!(counter.load(SeqCst) as u64, n, "counter");
    });
    seconds * 1e9
}

pub fn arc_clone(budget: &Budget) -> f64 {
    let seconds = per_item(budget, MOST, |n| {
        let value = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&value);
        let thread = thread::spawn(move || {
            for _ in 0..n {
                drop(black_box(Arc::clone(black_box(&theirs))));
            }
        });
        thread.join().unwrap();
        assert_eq!(Arc::strong_count(&value), 1, "owners");
    });
    seconds * 1e9
}
