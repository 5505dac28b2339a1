import { thread } from 'fearless'

const data = [1, 2, 3]
const handle = thread.spawn(() => data.reduce((a, b) => a + b, 0))
console.log('sum:', await handle.join())
