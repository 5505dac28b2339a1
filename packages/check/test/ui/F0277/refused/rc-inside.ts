import { Rc, move, thread } from 'fearless'

const cache = { owner: { session: new Rc('x') }, size: 1 }
thread.spawn(move(() => cache.size))
