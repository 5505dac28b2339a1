// A function drops the guard that it receives.
// prints: 1
import { Mutex, drop, type Guard } from 'fearless'

function finish(g: Guard<number>) {
  g.value++
  drop(g)
}

const m = new Mutex(0)
finish(await m.lock())
console.log(await m.with(n => n))
