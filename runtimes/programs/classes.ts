// Instances of registered classes, of this file and of another one, cross in closures that do not name the classes.
import { Arc, Mutex, move, mpsc, sendable, thread, type Sendable } from 'fearless'
import { Point } from './classes-of.ts'

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- it declares the class as registered
class Pair {
  readonly a: number
  readonly b: number
  constructor(a: number, b: number) {
    this.a = a
    this.b = b
  }
  sum(): number {
    return this.a + this.b
  }
}
interface Pair extends Sendable<'Pair'> {}
sendable(Pair, { write: p => [p.a, p.b], read: ([a, b]: [number, number]) => new Pair(a, b) })

const pair = new Pair(3, 4)
const [tx, rx] = mpsc.channel<Point>()
tx.send(new Point(0, 0))
console.log(await thread.spawn(move(() => `${pair.sum()} ${rx.recv().wait().label()}`)).join()) //=> 7 0|0
const made = await thread.spawn(() => new Pair(1, 2)).join()
console.log(made instanceof Pair, made.sum()) //=> true 3
const lock = new Arc(new Mutex(new Pair(1, 1)))
console.log(await thread.spawn(move(() => lock.with(p => p.sum()).wait())).join()) //=> 2
