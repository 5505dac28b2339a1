// Three threads use the private lock of an object that a module exports.
// prints: 3
import { thread } from 'fearless'
import { counter } from './counter.ts'

await Promise.all(
  [1, 2, 3].map(() =>
    thread.spawn(() => {
      counter.inc()
    }),
  ),
)
console.log(counter.value())
