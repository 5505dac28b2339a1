import { drop, mpsc } from 'fearless'

export async function run(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  const other = mpsc.channel<number>()
  drop(other[0])
  tx.send(1)
  for await (const value of rx) console.log(value)
}
