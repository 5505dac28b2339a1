import { Rc, move, thread } from 'fearless'

const rc = new Rc(5)
thread.spawn(move(() => console.log(rc.value)))
