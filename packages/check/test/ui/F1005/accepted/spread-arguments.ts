import { Arc, Mutex, thread } from 'fearless'

const a = new Arc(new Mutex(0))
const b = new Arc(new Mutex(0))
const c = new Arc(new Mutex(0))
const pair: [number, number] = [1, 2]
// `from` and `to` receive `a` and `b`, which are the third and the fourth argument of the spawn, after the closure.
thread.spawn(
  (p: number, q: number, from: Mutex<number>, to: Mutex<number>, last: Mutex<number>) => {
    using x = from.lock().wait()
    using y = to.lock().wait()
    y.value += x.value + p + q
    void last
  },
  ...pair,
  a,
  b,
  c,
)
thread.spawn(
  (from: Mutex<number>, to: Mutex<number>) => {
    using x = from.lock().wait()
    using y = to.lock().wait()
    y.value += x.value
  },
  c,
  b,
)
