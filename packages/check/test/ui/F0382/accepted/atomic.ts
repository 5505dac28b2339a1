import { AtomicI32, move, thread } from 'fearless'

const flag = new AtomicI32(0)
await thread.spawn(move(() => flag.store(1))).join()
console.log(flag.load())
