import { move, mpsc, thread } from 'fearless'

export function run(): void {
  const [tx, rx] = mpsc.channel<number>()
  const mine = tx.clone()
  thread.spawn(move(() => mine.send(1)))
  for (const value of rx) console.log(value)
}
