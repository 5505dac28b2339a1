import { drop, mpsc, task } from 'fearless'

export async function run(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  const done = task.spawn(async () => {
    tx.send(1)
    drop(tx)
  })
  for await (const value of rx) console.log(value)
  await done.join()
}
