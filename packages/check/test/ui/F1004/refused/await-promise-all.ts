import { move, mpsc, thread } from 'fearless'

export async function run(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  const printer = thread.spawn(
    move(() => {
      for (const value of rx) console.log(value)
    }),
  )
  const producer = thread.spawn(() => 1)
  tx.send(1)
  await Promise.all([producer, printer])
}
