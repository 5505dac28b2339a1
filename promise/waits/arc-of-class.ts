// An Arc of a registered class gives an instance of it.
// prints: 5 true
import { Arc, move, sendable, thread, type Sendable } from 'fearless'

interface Point extends Sendable<'Point'> {}
class Point {
  x: number
  y: number
  constructor(x: number, y: number) {
    this.x = x
    this.y = y
  }
  norm(): number {
    return Math.hypot(this.x, this.y)
  }
}
sendable(Point)

const p = new Arc(new Point(3, 4))
console.log(await thread.spawn(move(() => p.value.norm())).join(), p.value instanceof Point)
