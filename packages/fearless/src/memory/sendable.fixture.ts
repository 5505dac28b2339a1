/** Registered classes, for threads to import. */
/* oxlint-disable typescript/no-unsafe-declaration-merging -- it is how a class says that it is registered; nothing is added */
import { sendable, type Sendable } from 'fearless'

export class Point {
  readonly #y: number
  readonly x: number
  constructor(x: number, y: number) {
    this.x = x
    this.#y = y
  }
  get length(): number {
    return Math.hypot(this.x, this.#y)
  }
  static write(point: Point): [number, number] {
    return [point.x, point.#y]
  }
}
export interface Point extends Sendable<'Point'> {}
sendable(Point, { write: Point.write, read: ([x, y]: [number, number]) => new Point(x, y) })

export class Tag {
  label = ''
  at: Point | undefined
  get loud(): string {
    return this.label.toUpperCase()
  }
}
export interface Tag extends Sendable<'Tag'> {}
sendable(Tag)
