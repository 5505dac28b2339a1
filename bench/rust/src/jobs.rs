//! Single tasks on tokio, cold threads, and data that a thread receives and returns.

use crate::measure::{Budget, calls, median, per_item, quantile};
use crate::tasks::{Message, is_message, message, names};
use std::hint::black_box;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{fs, thread};
use tokio::runtime::{Builder, Runtime};

const COUNT: u64 = 10_000;
const LENGTH: usize = 131_072;

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

async fn round_trip(x: u64) {
    let result = tokio::spawn(async move { black_box(x) + 1 }).await.unwrap();
    assert_eq!(result, x + 1, "x + 1");
}

/// Median and 99th percentile in microseconds.
pub fn hot(budget: &Budget) -> (f64, f64) {
    let runtime = runtime();
    let mut samples = calls(budget, |i| runtime.block_on(round_trip(i)), || ());
    (median(&mut samples) * 1e6, quantile(&mut samples, 0.99) * 1e6)
}

pub fn parked(budget: &Budget) -> f64 {
    let runtime = runtime();
    let pause = || thread::sleep(Duration::from_millis(15));
    median(&mut calls(budget, |i| runtime.block_on(round_trip(i)), pause)) * 1e6
}

/// Milliseconds for ten thousand tasks.
pub fn separate(budget: &Budget) -> f64 {
    let runtime = runtime();
    let call = |_| runtime.block_on(async {
        let tasks: Vec<_> = (0..COUNT).map(|x| tokio::spawn(async move { black_box(x) + 1 })).collect();
        for (x, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.unwrap(), x as u64 + 1, "result {x}");
        }
    });
    median(&mut calls(budget, call, || ())) * 1e3
}

pub fn async_task(budget: &Budget) -> f64 {
    let runtime = Builder::new_current_thread().build().unwrap();
    let seconds = per_item(budget, 4_000_000, |n| {
        let total = runtime.block_on(async {
            let mut total = 0;
            for i in 0..n {
                total += tokio::spawn(async move { black_box(i) }).await.unwrap();
            }
            total
        });
        assert_eq!(total, n * (n - 1) / 2, "sum of results");
    });
    seconds * 1e6
}

/// Milliseconds from before the first spawn, and from the start of the process.
pub fn cold(process_start_ms: f64) -> (f64, f64) {
    let start = Instant::now();
    assert_eq!(thread::spawn(|| black_box(1) + 1).join().unwrap(), 2, "x + 1");
    let spawned = start.elapsed().as_secs_f64() * 1e3;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1e3;
    (spawned, now - process_start_ms)
}

/// Megabytes per thread; `None` without a /proc file system.
pub fn memory() -> Option<f64> {
    const THREADS: usize = 8;
    let resident = || -> Option<f64> {
        let statm = fs::read_to_string("/proc/self/statm").ok()?;
        Some(statm.split(' ').nth(1)?.parse::<f64>().ok()? * 4096.0 / f64::from(1 << 20))
    };
    let before = resident()?;
    let both = Arc::new(Barrier::new(THREADS + 1));
    for _ in 0..THREADS {
        let both = Arc::clone(&both);
        thread::spawn(move || {
            both.wait();
            both.wait();
        });
    }
    both.wait();
    let after = resident()?;
    both.wait();
    Some((after - before) / THREADS as f64)
}

/// A thread that applies `work` to each received value, and returns the value.
fn server<T: Send + 'static>(mut work: impl FnMut(&mut T) + Send + 'static) -> (Sender<T>, Receiver<T>) {
    let (tx, requests) = channel::<T>();
    let (answers, rx) = channel();
    thread::spawn(move || {
        for mut value in requests {
            work(&mut value);
            answers.send(value).unwrap();
        }
    });
    (tx, rx)
}

pub fn objects(budget: &Budget) -> f64 {
    let names = names();
    let (tx, rx) = server(|list: &mut Vec<Message>| list.iter_mut().for_each(|m| m.x += 1.0));
    let fill = || Some((0..COUNT).map(|i| message(i, &names)).collect::<Vec<_>>());
    let list = Mutex::new(fill());
    let call = |_| {
        let mut list = list.lock().unwrap();
        tx.send(list.take().unwrap()).unwrap();
        *list = Some(rx.recv().unwrap());
    };
    let check = || {
        let mut list = list.lock().unwrap();
        for (i, m) in list.take().unwrap().into_iter().enumerate() {
            assert!(is_message(&Message { x: m.x - 1.0, ..m }, i as u64, &names), "object {i}");
        }
        *list = fill();
    };
    median(&mut calls(budget, call, check)) * 1e3
}

fn bump(data: &mut [f64]) {
    data[0] += 1.0;
    data[LENGTH - 1] += 1.0;
}

pub fn transfer(budget: &Budget) -> f64 {
    let (tx, rx) = server(|data: &mut Vec<f64>| bump(data));
    let mut data = Some(vec![0.0; LENGTH]);
    let call = |i| {
        tx.send(data.take().unwrap()).unwrap();
        let back = rx.recv().unwrap();
        assert!(back[0] == (i + 1) as f64 && back[LENGTH - 1] == (i + 1) as f64, "elements");
        data = Some(back);
    };
    median(&mut calls(budget, call, || ())) * 1e6
}

pub fn share(budget: &Budget) -> f64 {
    let (tx, rx) = server(|data: &mut Arc<Mutex<Vec<f64>>>| bump(&mut data.lock().unwrap()));
    let seconds = per_item(budget, 4_000_000, |n| {
        let data = Arc::new(Mutex::new(vec![0.0; LENGTH]));
        for _ in 0..n {
            tx.send(Arc::clone(&data)).unwrap();
            rx.recv().unwrap();
        }
        let data = data.lock().unwrap();
        assert!(data[0] == n as f64 && data[LENGTH - 1] == n as f64, "elements");
    });
    seconds * 1e6
}
