import { mpsc } from 'fearless'

export async function run(): Promise<number | undefined> {
  const [tx, rx] = mpsc.channel<number>()
  tx.send(1)
  for await (const value of rx) return value
  return undefined
}
