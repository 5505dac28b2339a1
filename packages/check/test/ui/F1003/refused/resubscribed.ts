import { broadcast } from 'fearless'

export async function main() {
  const [tx, rx] = broadcast.channel<number>(8)
  rx.resubscribe()
  tx.send(1)
  console.log(await rx.recv())
}
