import { move, mpsc, thread } from 'fearless'

export async function run(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  const producer = thread.spawn(move(() => tx.send(1)))
  const consumer = thread.spawn(
    move(() => {
      for (const value of rx) console.log(value)
    }),
  )
  await producer.join()
  await consumer.join()
}
