//! The work and the messages of bench/tasks.ts and bench/messages.ts.

#[derive(Clone)]
pub struct Message {
    pub id: f64,
    pub name: String,
    pub x: f64,
    pub ok: bool,
}

pub fn name(i: u64) -> String {
    format!("name-{}", i & 255)
}

/// Built before the clock starts. A message owns a copy of its name, as every value that crosses threads does.
pub fn names() -> Vec<String> {
    (0..256).map(name).collect()
}

pub fn message(i: u64, names: &[String]) -> Message {
    Message { id: i as f64, name: names[i as usize & 255].clone(), x: i as f64 * 0.5, ok: i & 1 == 0 }
}

pub fn is_message(m: &Message, i: u64, names: &[String]) -> bool {
    m.id == i as f64 && m.x == i as f64 * 0.5 && m.ok == (i & 1 == 0) && m.name == names[i as usize & 255]
}

/// Counts the primes among the thousand numbers from `start` on, by trial division, in i32 as V8 computes it.
pub fn primes(start: i32) -> f64 {
    let is_prime = |n: i32| n > 1 && (2..).take_while(|d| d * d <= n).all(|d| n % d != 0);
    (start..start + 1000).filter(|&n| is_prime(n)).count() as f64
}

const SIDE: i32 = 256;
const ITERATIONS: i32 = 200;

/// Returns the iterations of one row of a 256 x 256 picture of the Mandelbrot set.
pub fn mandelbrot(row: i32) -> f64 {
    let ci = f64::from(row) / f64::from(SIDE) * 2.0 - 1.0;
    let mut total = 0;
    for column in 0..SIDE {
        let cr = f64::from(column) / f64::from(SIDE) * 3.0 - 2.0;
        let (mut zr, mut zi) = (0.0, 0.0);
        let mut i = 0;
        while i < ITERATIONS {
            let (rr, ii) = (zr * zr, zi * zi);
            if rr + ii > 4.0 {
                break;
            }
            zi = 2.0 * zr * zi + ci;
            zr = rr - ii + cr;
            i += 1;
        }
        total += i;
    }
    f64::from(total)
}
