import { mpsc, task } from 'fearless'

export async function run(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  const printing = task.spawn(async () => {
    for await (const value of rx) console.log(value)
  })
  tx.send(1)
  await printing.join()
}
