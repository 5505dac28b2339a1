import { mpsc, sleep } from 'fearless'

export async function main() {
  const [tx, rx] = mpsc.channel<number>(2)
  const first = await Promise.race([tx.reserveMany(2), sleep(10)])
  console.log(first, await rx.recv())
}
