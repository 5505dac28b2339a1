// Registers a class and does nothing else: threads whose file imports this module know the class.
import { sendable, type Sendable } from 'fearless'

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- it declares the class as registered
export class Point {
  readonly x: number
  readonly y: number
  constructor(x: number, y: number) {
    this.x = x
    this.y = y
  }
  label(): string {
    return `${this.x}|${this.y}`
  }
}
export interface Point extends Sendable<'Point'> {}
sendable(Point, { write: p => [p.x, p.y], read: ([x, y]: [number, number]) => new Point(x, y) })
