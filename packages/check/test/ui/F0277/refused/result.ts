import { Rc, thread } from 'fearless'

const handle = thread.spawn(() => new Rc(1))
console.log(handle)
