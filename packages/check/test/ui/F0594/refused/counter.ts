import { move, thread } from 'fearless'

let count = 0
await thread.spawn(move(() => { count += 1 })).join()
console.log(count)
