import { task, thread } from 'fearless'

const handle = thread.spawn(() => 1)
const sum = task.spawn(async () => handle.join().wait())
console.log(await sum.join())
