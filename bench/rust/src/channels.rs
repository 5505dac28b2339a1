//! std's mpsc between threads, and crossbeam's bounded channels for ping-pong.

use crate::measure::{Budget, per_item};
use crate::tasks::{Message, is_message, message, names};
use std::sync::mpsc::channel;
use std::thread;

const MOST: u64 = 1_000_000;

/// Million messages a second. `make` creates and `check` compares a message of the kind.
fn stream<T: Send>(
    budget: &Budget, to_main: bool, make: impl Fn(u64) -> T + Sync, check: impl Fn(&T, u64) -> bool + Sync,
) -> f64 {
    let receive = |rx: std::sync::mpsc::Receiver<T>| {
        let mut received = 0;
        for value in rx {
            assert!(check(&value, received), "message {received} arrived as something else");
            received += 1;
        }
        received
    };
    let seconds = per_item(budget, MOST, |n| {
        let (tx, rx) = channel();
        let received = thread::scope(|s| {
            s.spawn(|| {
                let tx = tx;
                for i in 0..n {
                    tx.send(make(i)).unwrap();
                }
            });
            if to_main { receive(rx) } else { s.spawn(|| receive(rx)).join().unwrap() }
        });
        assert_eq!(received, n, "messages received");
    });
    1e-6 / seconds
}

pub fn numbers(budget: &Budget, to_main: bool) -> f64 {
    stream(budget, to_main, |i| i as f64 * 0.5, |x, i| *x == i as f64 * 0.5)
}

pub fn strings(budget: &Budget, to_main: bool) -> f64 {
    let names = names();
    stream(budget, to_main, |i| names[i as usize & 255].clone(), |name, i| *name == names[i as usize & 255])
}

pub fn objects(budget: &Budget, to_main: bool) -> f64 {
    let names = names();
    stream(budget, to_main, |i| message(i, &names), |m: &Message, i| is_message(m, i, &names))
}

/// Million numbers a second through a channel of the given capacity.
pub fn bounded(budget: &Budget, capacity: usize) -> f64 {
    let seconds = per_item(budget, MOST, |n| {
        let (tx, rx) = std::sync::mpsc::sync_channel(capacity);
        let received = thread::scope(|s| {
            s.spawn(move || {
                for i in 0..n {
                    tx.send(i as f64 * 0.5).unwrap();
                }
            });
            s.spawn(move || {
                let mut received = 0;
                for value in rx {
                    assert!(value == received as f64 * 0.5, "message {received} arrived as something else");
                    received += 1;
                }
                received
            })
            .join()
            .unwrap()
        });
        assert_eq!(received, n, "messages received");
    });
    1e-6 / seconds
}

/// Million numbers a second from two threads to two others.
pub fn crowd(budget: &Budget) -> f64 {
    let seconds = per_item(budget, MOST, |n| {
        let (tx, rx) = crossbeam_channel::unbounded::<f64>();
        let (received, sum) = thread::scope(|s| {
            let receiving = [0, 1].map(|_| {
                let mine = rx.clone();
                s.spawn(move || mine.iter().fold((0, 0.0), |(received, sum), value| (received + 1, sum + value)))
            });
            for from in 0..2 {
                let mine = tx.clone();
                s.spawn(move || {
                    for i in (from..n).step_by(2) {
                        mine.send(i as f64).unwrap();
                    }
                });
            }
            drop((tx, rx));
            receiving.map(|handle| handle.join().unwrap()).into_iter().fold((0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1))
        });
        assert_eq!(received, n, "messages received");
        assert_eq!(sum, (n * (n - 1) / 2) as f64, "their sum");
    });
    1e-6 / seconds
}

/// The result of a thread that awaits one of tokio's channels.
fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Million numbers a second from a thread to two others, each of which receives all.
pub fn broadcast(budget: &Budget) -> f64 {
    let seconds = per_item(budget, 262_144, |n| {
        let (tx, rx) = tokio::sync::broadcast::channel::<f64>(n as usize);
        let received: u64 = thread::scope(|s| {
            let receiving = [rx, tx.subscribe()].map(|mut mine| {
                s.spawn(move || {
                    block_on(async {
                        let mut received = 0;
                        while let Ok(value) = mine.recv().await {
                            assert!(value == received as f64 * 0.5, "message {received} arrived as something else");
                            received += 1;
                        }
                        received
                    })
                })
            });
            s.spawn(move || {
                for i in 0..n {
                    tx.send(i as f64 * 0.5).unwrap();
                }
            });
            receiving.map(|handle| handle.join().unwrap()).into_iter().sum()
        });
        assert_eq!(received, 2 * n, "messages received");
    });
    1e-6 / seconds
}

/// Million changes a second of a number that another thread follows.
pub fn watch(budget: &Budget) -> f64 {
    let seconds = per_item(budget, MOST, |n| {
        let (tx, mut rx) = tokio::sync::watch::channel(0);
        thread::scope(|s| {
            s.spawn(move || {
                block_on(async {
                    let mut last = 0;
                    while last < n {
                        rx.changed().await.unwrap();
                        let value = *rx.borrow_and_update();
                        assert!(value > last, "{value} came after {last}");
                        last = value;
                    }
                })
            });
            s.spawn(move || {
                for i in 1..=n {
                    // The receiver is dropped once it has seen the last one.
                    let _ = tx.send(i);
                }
            });
        });
    });
    1e-6 / seconds
}

/// Microseconds per request that is answered through a oneshot channel of its own.
pub fn oneshot(budget: &Budget) -> f64 {
    let seconds = per_item(budget, MOST, |n| {
        let (tx, rx) = channel::<(u64, tokio::sync::oneshot::Sender<u64>)>();
        let sum = thread::scope(|s| {
            s.spawn(|| {
                for (x, answer) in rx {
                    answer.send(x + 1).unwrap();
                }
            });
            let tx = tx;
            (0..n)
                .map(|x| {
                    let (answer, result) = tokio::sync::oneshot::channel();
                    tx.send((x, answer)).unwrap();
                    result.blocking_recv().unwrap()
                })
                .sum::<u64>()
        });
        assert_eq!(sum, n * (n + 1) / 2, "sum of answers");
    });
    seconds * 1e6
}

/// Million numbers a second through a non-blocking queue.
fn queue(budget: &Budget, push: impl Fn(f64) -> bool + Sync, pop: impl Fn() -> Option<f64> + Sync) -> f64 {
    let seconds = per_item(budget, MOST, |n| {
        thread::scope(|s| {
            s.spawn(|| {
                for i in 0..n {
                    while !push(i as f64 * 0.5) {
                        std::hint::spin_loop();
                    }
                }
            });
            s.spawn(|| {
                let mut received = 0;
                while received < n {
                    if let Some(value) = pop() {
                        assert!(value == received as f64 * 0.5, "value {received} arrived as something else");
                        received += 1;
                    }
                }
            });
        });
    });
    1e-6 / seconds
}

pub fn array_queue(budget: &Budget) -> f64 {
    let values = crossbeam_queue::ArrayQueue::new(1024);
    queue(budget, |value| values.push(value).is_ok(), || values.pop())
}

pub fn seg_queue(budget: &Budget) -> f64 {
    let values = crossbeam_queue::SegQueue::new();
    queue(budget, |value| { values.push(value); true }, || values.pop())
}

/// Microseconds per round trip.
pub fn ping_pong(budget: &Budget) -> f64 {
    let seconds = per_item(budget, 4_000_000, |n| {
        let (tx, rx) = crossbeam_channel::bounded::<u64>(1);
        let (back_tx, back_rx) = crossbeam_channel::bounded::<u64>(1);
        let pong = thread::spawn(move || {
            for hops in rx {
                back_tx.send(hops + 1).unwrap();
            }
        });
        let ping = thread::spawn(move || {
            let mut hops = 0;
            for _ in 0..n {
                tx.send(hops).unwrap();
                hops = back_rx.recv().unwrap() + 1;
            }
            hops
        });
        assert_eq!(ping.join().unwrap(), 2 * n, "hops");
        pong.join().unwrap();
    });
    seconds * 1e6
}
