import { Arc, Mutex, move, thread } from 'fearless'

const left = new Arc(new Mutex(0))
const right = new Arc(new Mutex(0))
const left2 = Arc.clone(left)
thread.spawn(
  move(() => {
    using l = left2.lock().wait()
    right.update(n => n + l.value).wait()
  }),
)
right.with(n => left.update(m => m + n).wait()).wait()
