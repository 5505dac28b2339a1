// An array is read through an alias after it was moved.
// refused by: run MovedError
import { move, thread } from 'fearless'

const rows = [1, 2, 3]
const same = rows
console.log(await thread.spawn(move(() => rows.length)).join())
console.log(same[0])
