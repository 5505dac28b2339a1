import { Arc, Mutex, move, thread } from 'fearless'

const total = new Arc(new Mutex(0))
thread.spawn(
  move(() => {
    const guard = total.lock().wait()
    guard.value += 1
  }),
)
