import { Arc, Mutex, move, thread } from 'fearless'

const left = new Arc(new Mutex(0))
const right = new Arc(new Mutex(0))
thread.spawn(
  move(() => {
    using l = left.lock().wait()
    using r = right.lock().wait()
    l.value += r.value
  }),
)
thread.spawn(
  move(() => {
    using r = right.lock().wait()
    using l = left.lock().wait()
    r.value += l.value
  }),
)
