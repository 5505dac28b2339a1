import { mpsc } from 'fearless'

export async function main() {
  const [tx, rx] = mpsc.channel<number>()
  const weak = tx.downgrade()
  weak.upgrade()
  tx.send(1)
  console.log(await rx.recv())
}
