import { drop, mpsc } from 'fearless'
export async function run(load: () => Promise<string>): Promise<void> {
  const [tx, rx] = mpsc.channel<string>()
  void load().then(text => { tx.send(text); drop(tx) })
  tx.send('first')
  for await (const line of rx) console.log(line)
}
