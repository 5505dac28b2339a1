import { Arc, Mutex, thread } from 'fearless'

const counter = new Arc(new Mutex(0))
thread.spawn(() => counter.update(n => n + 1).wait())
