// A loop by index runs over a moved array: the length is unchanged, and reading an element throws.
// refused by: run MovedError
import { mpsc } from 'fearless'

async function main(): Promise<void> {
  const [tx, rx] = mpsc.channel<number[]>()
  const rows = [1, 2, 3]
  const box = { rows }
  tx.send(rows)
  let sum = 0
  for (let at = 0; at < box.rows.length; at++) sum += box.rows[at]!
  console.log(sum, (await rx.recv()).length)
}
await main()
