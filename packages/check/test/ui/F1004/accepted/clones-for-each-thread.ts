import { drop, move, mpsc, thread } from 'fearless'
const [tx, rx] = mpsc.channel<number>()
const handles = [1, 2, 3].map(n => {
  const mine = tx.clone()
  return thread.spawn(move(() => { mine.send(n) }))
})
drop(tx)
let sum = 0
for await (const n of rx) sum += n
for (const handle of handles) await handle.join()
console.log(sum)
