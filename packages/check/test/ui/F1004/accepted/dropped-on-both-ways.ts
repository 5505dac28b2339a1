import { drop, mpsc } from 'fearless'

export async function run(some: boolean): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  if (some) {
    tx.send(1)
    drop(tx)
  } else drop(tx)
  for await (const value of rx) console.log(value)
}
