// A thousand locks, channels and nested calls are created and used.
// prints: 1000 1000 500
import { Mutex, drop, mpsc } from 'fearless'

const locks = Array.from({ length: 1000 }, () => new Mutex(0))
for (const lock of locks) await lock.update(n => n + 1)
let sum = 0
for (const lock of locks) sum += await lock.with(n => n)

let received = 0
for (let i = 0; i < 1000; i++) {
  const [tx, rx] = mpsc.channel<number>()
  tx.send(1)
  drop(tx)
  for await (const n of rx) received += n
}

const deep = (n: number): number => (n === 0 ? 0 : 1 + deep(n - 1))
console.log(sum, received, deep(500))
