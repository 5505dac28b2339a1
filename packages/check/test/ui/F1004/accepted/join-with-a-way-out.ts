import { move, mpsc, thread } from 'fearless'

export async function run(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  const printer = thread.spawn(
    move(() => {
      for (const value of rx) {
        if (value === 0) break
        console.log(value)
      }
    }),
  )
  tx.send(0)
  await printer.join()
}
