//! The models of packages/fearless/src/model/model.bench.ts under loom:  loom_models <seconds for each>
//!
//! Prints a line for each: name, interleavings, milliseconds, and whether the search was complete.

use loom::model::Builder;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicI32, Ordering::SeqCst};
use loom::thread;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

fn words<const N: usize>() -> Arc<[AtomicI32; N]> {
    Arc::new(std::array::from_fn(|_| AtomicI32::new(0)))
}

/// Three threads, each adds twice.
fn adds() {
    let n = words::<1>();
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let n = n.clone();
            thread::spawn(move || {
                n[0].fetch_add(1, SeqCst);
                n[0].fetch_add(1, SeqCst);
            })
        })
        .collect();
    for t in threads {
        t.join().unwrap();
    }
    assert_eq!(n[0].load(SeqCst), 6);
}

const TAKEN: usize = 4;

fn take(words: &[AtomicI32], node: i32) {
    if node != 0 {
        assert_eq!(words[TAKEN + node as usize].fetch_add(1, SeqCst), 0);
    }
}

fn next(head: i32, node: i32) -> i32 {
    ((((head as u32) >> 8) + 1) << 8) as i32 | node
}

fn pop(words: &[AtomicI32]) -> i32 {
    loop {
        let head = words[0].load(SeqCst);
        let node = head & 0xff;
        if node == 0 {
            return 0;
        }
        let rest = words[node as usize].load(SeqCst);
        if words[0].compare_exchange(head, next(head, rest), SeqCst, SeqCst).is_ok() {
            return node;
        }
    }
}

fn push(words: &[AtomicI32], node: i32) {
    loop {
        let head = words[0].load(SeqCst);
        words[node as usize].store(head & 0xff, SeqCst);
        if words[0].compare_exchange(head, next(head, node), SeqCst, SeqCst).is_ok() {
            return;
        }
    }
}

/// A stack with tags: one thread pops, one pops twice and pushes one back.
fn treiber() {
    let words = words::<8>();
    words[2].store(1, SeqCst);
    words[0].store(2, SeqCst);
    let (a, b) = (words.clone(), words.clone());
    let a = thread::spawn(move || take(&a[..], pop(&a[..])));
    let b = thread::spawn(move || {
        let first = pop(&b[..]);
        if first == 0 {
            return;
        }
        let second = pop(&b[..]);
        push(&b[..], first);
        take(&b[..], second);
    });
    a.join().unwrap();
    b.join().unwrap();
    take(&words[..], pop(&words[..]));
    take(&words[..], pop(&words[..]));
}

const TAIL: usize = 4;
const HEAD: usize = 5;
const SUM: usize = 6;

fn enqueue(words: &[AtomicI32], value: i32) -> bool {
    loop {
        let at = words[TAIL].load(SeqCst);
        let cell = ((at & 1) * 2) as usize;
        let turn = words[cell].load(SeqCst) - at;
        if turn < 0 {
            return false;
        }
        if turn == 0 && words[TAIL].compare_exchange(at, at + 1, SeqCst, SeqCst).is_ok() {
            words[cell + 1].store(value, SeqCst);
            words[cell].store(at + 1, SeqCst);
            return true;
        }
    }
}

fn dequeue(words: &[AtomicI32]) -> i32 {
    loop {
        let at = words[HEAD].load(SeqCst);
        let cell = ((at & 1) * 2) as usize;
        let turn = words[cell].load(SeqCst) - (at + 1);
        if turn < 0 {
            return 0;
        }
        if turn == 0 && words[HEAD].compare_exchange(at, at + 1, SeqCst, SeqCst).is_ok() {
            let value = words[cell + 1].load(SeqCst);
            words[cell].store(at + 2, SeqCst);
            return value;
        }
    }
}

/// A bounded queue of two cells: two producers, one consumer.
fn vyukov() {
    let words = words::<8>();
    words[2].store(1, SeqCst);
    let producers = [1, 2].map(|value| {
        let words = words.clone();
        thread::spawn(move || {
            enqueue(&words[..], value);
        })
    });
    let consumer = {
        let words = words.clone();
        thread::spawn(move || {
            let value = dequeue(&words[..]);
            words[SUM].fetch_add(value, SeqCst);
        })
    };
    for t in producers {
        t.join().unwrap();
    }
    consumer.join().unwrap();
    let sum = words[SUM].load(SeqCst) + dequeue(&words[..]) + dequeue(&words[..]);
    assert_eq!(sum, 3);
}

/// Three threads, each writes its own word and reads the other two.
fn store_buffering() {
    let words = words::<6>();
    let threads: Vec<_> = (0..3)
        .map(|me| {
            let words = words.clone();
            thread::spawn(move || {
                words[me].store(1, SeqCst);
                let a = words[(me + 1) % 3].load(SeqCst);
                let b = words[(me + 2) % 3].load(SeqCst);
                words[3 + me].store(a + b, SeqCst);
            })
        })
        .collect();
    for t in threads {
        t.join().unwrap();
    }
}

fn main() {
    let seconds: f64 = std::env::args().nth(1).map_or(5.0, |text| text.parse().unwrap());
    let models: [(&str, fn()); 4] =
        [("adds", adds), ("treiber", treiber), ("vyukov", vyukov), ("store-buffering", store_buffering)];
    for (name, model) in models {
        let executions = std::sync::Arc::new(AtomicU64::new(0));
        let mut builder = Builder::new();
        builder.preemption_bound = None;
        builder.max_duration = Some(Duration::from_secs_f64(seconds));
        let counter = executions.clone();
        let start = Instant::now();
        builder.check(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            model();
        });
        let ms = start.elapsed().as_secs_f64() * 1000.0;
        println!("{name} {} {ms:.1} {}", executions.load(Ordering::Relaxed), ms < seconds * 1000.0);
    }
}
