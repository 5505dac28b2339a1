import { AtomicI32, Mutex } from 'fearless'

export const shared = { lock: new Mutex(0), inner: { hits: new AtomicI32(0) } }
