// A generator continues over an array that was moved between two of its steps.
// refused by: run MovedError
import { mpsc } from 'fearless'

function* each(rows: number[]): Generator<number> {
  for (const row of rows) yield row
}

const [tx, rx] = mpsc.channel<number[]>()
const rows = [1, 2, 3]
const steps = each(rows)
console.log(steps.next().value)
tx.send(rows)
console.log(steps.next().value, (await rx.recv()).length)
