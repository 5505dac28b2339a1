import { move as take, thread as threads } from 'fearless'

const data = [1]
threads.spawn(take(() => data.length))
console.log(data)
