// An argument of `spawn` is changed by its sender.
// refused by: check F0382, run MovedError
import { thread } from 'fearless'

const rows = [1]
const handle = thread.spawn((list: number[]) => list.length, rows)
rows.push(2)
console.log(await handle.join())
