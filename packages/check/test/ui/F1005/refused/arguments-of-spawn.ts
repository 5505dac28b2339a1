import { Arc, Mutex, thread } from 'fearless'

const left = new Arc(new Mutex(0))
const right = new Arc(new Mutex(0))
thread.spawn(
  (from: Mutex<number>, to: Mutex<number>) => {
    using a = from.lock().wait()
    using b = to.lock().wait()
    b.value += a.value
  },
  left,
  right,
)
thread.spawn(
  (from: Mutex<number>, to: Mutex<number>) => {
    using a = from.lock().wait()
    using b = to.lock().wait()
    b.value += a.value
  },
  right,
  left,
)
