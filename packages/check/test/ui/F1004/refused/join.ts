import { move, mpsc, thread } from 'fearless'

export async function run(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  const printer = thread.spawn(
    move(() => {
      for (const value of rx) console.log(value)
    }),
  )
  for (let i = 0; i < 3; i++) tx.send(i)
  await printer.join()
}
