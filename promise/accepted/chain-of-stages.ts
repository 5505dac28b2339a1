// The same chain, made by a function and by reduce.
// prints: 8,10 | 4
import { drop, move, mpsc, thread, type Receiver } from 'fearless'

function stage(input: Receiver<number>, by: number): Receiver<number> {
  const [next, after] = mpsc.channel<number>()
  thread.spawn(
    move(() => {
      for (const n of input) next.send(n + by)
    }),
  )
  return after
}

const [first, start] = mpsc.channel<number>()
const last = [1, 2, 3].reduce((rx, by) => stage(rx, by), start)
first.send(2)
first.send(4)
drop(first)
const got: number[] = []
for await (const n of last) got.push(n)

let [tx, rx] = mpsc.channel<number>()
const threads = []
for (let i = 0; i < 4; i++) {
  const [input, output] = [rx, tx]
  ;[tx, rx] = mpsc.channel<number>()
  const forward = tx.clone()
  threads.push(
    thread.spawn(
      move(() => {
        drop(output)
        for (const n of input) forward.send(n)
      }),
    ),
  )
}
drop(tx)
console.log(String(got), '|', (await Promise.all(threads)).length)
