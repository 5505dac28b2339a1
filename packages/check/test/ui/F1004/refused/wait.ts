import { move, mpsc, thread } from 'fearless'

export function run(): void {
  const [tx, rx] = mpsc.channel<number>()
  const printer = thread.builder({ name: 'printer' }).spawn(
    move(() => {
      for (const value of rx) console.log(value)
    }),
  )
  tx.send(1)
  printer.wait()
}
