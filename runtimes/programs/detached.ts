// Threads that are not joined do not keep the process alive.
import { move, mpsc, sleep, thread } from 'fearless'

const [tx, rx] = mpsc.channel<string>()
const tx2 = tx.clone()
thread.spawn(
  move(() => {
    tx.send('one sleeps')
    sleep(600_000).wait()
  }),
)
thread.spawn(
  move(async () => {
    tx2.send('one yields')
    await sleep(600_000)
  }),
)
thread.spawn(() => {
  for (;;);
})
console.log([await rx.recv(), await rx.recv()].sort().join()) //=> one sleeps,one yields
