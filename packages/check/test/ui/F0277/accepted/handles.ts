import { Arc, AtomicI32, Mutex, move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const lock = new Mutex([1])
const shared = new Arc(new AtomicI32(0))
thread.spawn(move(() => [tx.length, rx.length, lock.isPoisoned, shared.load()].length))
