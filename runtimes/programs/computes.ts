// Threads that compute, or that spin for each other, cannot prevent a later thread from running.
import { Arc, AtomicI32, move, thread } from 'fearless'

const flag = new Arc(new AtomicI32(0))
const spinning = Array.from({ length: thread.availableParallelism() + 1 }, () =>
  thread.spawn(
    move(() => {
      while (flag.load() === 0);
      return true
    }),
  ),
)
const last = thread.spawn(move(() => flag.store(1)))
last.join().wait()
console.log(spinning.every(handle => handle.join().wait())) //=> true
