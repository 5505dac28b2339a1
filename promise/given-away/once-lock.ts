// An array is changed after it was moved into a OnceLock.
// refused by: check F0382, run MovedError
import { OnceLock } from 'fearless'

const table = [1, 2]
const cell = new OnceLock<number[]>()
await cell.set(table)
table.push(3)
console.log(cell.get()!.length)
