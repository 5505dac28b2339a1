import { mpsc } from 'fearless'

export async function run(): Promise<void> {
  const [first, rx] = mpsc.channel<number>()
  first.send(1)
  for await (const value of rx) console.log(value)
}
