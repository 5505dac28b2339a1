import { mpsc, type Sender } from 'fearless'
export function run(debug: boolean, given?: Sender<string>): void {
  let tx = given
  if (tx === undefined) {
    const [made, rx] = mpsc.channel<string>()
    tx = made
    console.log(rx)
  }
  if (debug) tx.send('debug')
  tx.send('end')
}
export function late(n: number): void {
  let data: number[]
  if (n > 1) data = [1]
  else data = [2]
  const [tx, rx] = mpsc.channel<number[]>()
  tx.send(data)
  data = [3]
  console.log(rx, data.length)
}
