// Waiting threads hold back no others: twenty threads all wait for the last one.
import { move, mpsc, thread } from 'fearless'

const count = 20
const [tx, rx] = mpsc.channel<number>()
const handles = Array.from({ length: count }, (_, i) => {
  const [open, gate] = mpsc.channel<number>()
  const mine = tx.clone()
  return [
    open,
    thread.spawn(
      move(() => {
        mine.send(i)
        return gate.recv().wait()
      }),
    ),
  ] as const
})
for (let i = 0; i < count; i++) rx.recv().wait()
handles.forEach(([open], i) => open.send(i))
let sum = 0
for (const [, handle] of handles) sum += await handle.join()
console.log(sum) //=> 190
