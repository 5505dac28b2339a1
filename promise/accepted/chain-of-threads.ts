// Each thread takes the previous receiver; the loop's variable gets the next one.
// prints: 3,4,5
import { drop, move, mpsc, thread } from 'fearless'

const [first, start] = mpsc.channel<number>(4)
let rx = start
for (let i = 0; i < 3; i++) {
  const input = rx
  const [next, after] = mpsc.channel<number>(4)
  thread.spawn(
    move(() => {
      for (const n of input) next.send(n + 1).wait()
      drop(next)
    }),
  )
  rx = after
}
for (const n of [0, 1, 2]) await first.send(n)
drop(first)
const got: number[] = []
for await (const n of rx) got.push(n)
console.log(String(got))
