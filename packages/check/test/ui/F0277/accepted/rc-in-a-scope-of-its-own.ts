import { Rc, move, thread } from 'fearless'

const rc = new Rc([1])
const size = rc.value.length
thread.spawn(move(() => size))
