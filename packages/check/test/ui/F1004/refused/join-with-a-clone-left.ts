import { drop, move, mpsc, thread } from 'fearless'

export function run(): void {
  const [tx, rx] = mpsc.channel<number>()
  const other = tx.clone()
  const printer = thread.spawn(
    move(() => {
      for (const value of rx) console.log(value)
    }),
  )
  drop(tx)
  other.send(1)
  printer.join().wait()
}
