import { thread } from 'fearless'

let count = 0
count += await thread.spawn(() => 1).join()
console.log(count)
