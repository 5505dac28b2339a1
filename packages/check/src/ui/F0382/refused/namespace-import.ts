import * as fearless from 'fearless'

const data = [1]
fearless.thread.spawn(fearless.move(() => data.length))
console.log(data)
