// A move closure moves its captures to the thread.
import { move, thread } from 'fearless'

const data = [1, 2, 3]
const handle = thread.spawn(move(() => data.reduce((a, b) => a + b, 0)))

console.log('sum:', await handle.join())
