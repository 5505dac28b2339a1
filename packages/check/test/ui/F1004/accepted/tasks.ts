import { task, mpsc, drop } from 'fearless'
export async function run(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  const producer = task.spawn(async () => {
    for (let i = 0; i < 3; i++) tx.send(i)
    drop(tx)
  })
  for await (const n of rx) console.log(n)
  await producer
}
