import { drop, mpsc } from 'fearless'
export async function run(): Promise<void> {
  const [tx, rx] = mpsc.channel<string>()
  setTimeout(() => drop(tx), 1000)
  tx.send('a')
  for await (const line of rx) console.log(line)
}
