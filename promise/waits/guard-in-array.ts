// A guard is lost in an array.
// prints or refused: 1
import { Mutex } from 'fearless'

const m = new Mutex(1)
const guards = [await m.lock()]
guards.length = 0
console.log(await m.with(n => n))
