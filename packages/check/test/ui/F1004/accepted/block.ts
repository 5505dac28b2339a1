import { move, mpsc, thread, type Receiver } from 'fearless'

function open(): Receiver<number> {
  const [tx, rx] = mpsc.channel<number>()
  thread.spawn(move(() => tx.send(1)))
  return rx
}
for await (const value of open()) console.log(value)
