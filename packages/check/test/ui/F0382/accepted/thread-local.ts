import { move, thread, threadLocal } from 'fearless'

const visits = threadLocal(() => ({ count: 0 }))
thread.spawn(move(() => visits.value.count))
console.log(visits.value.count)
