import { Arc, Mutex } from 'fearless'

const total = new Arc(new Mutex(0))
using first = await total.lock()
const second = await total.lock()
first.value = second.value
second[Symbol.dispose]()
