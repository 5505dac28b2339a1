import * as fearless from 'fearless'

const data = [1]
fearless.thread.spawn(list => list.length, data)
console.log(data)
