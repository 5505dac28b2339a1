/** Registered classes, for threads to import. */
/* oxlint-disable typescript/no-unsafe-declaration-merging -- it declares that the class is registered, no members */
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

export class HttpError extends Error {
  readonly status: number
  /** An own property for which the class has a getter. */
  declare readonly retries: number
  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    Object.defineProperty(this, 'retries', { value: 3, enumerable: true, configurable: true })
  }
  override get name(): string {
    return 'HttpError'
  }
  get isClientError(): boolean {
    return this.status < 500
  }
  describe(): string {
    return `${this.status} ${this.message}`
  }
}
export interface HttpError extends Sendable<'HttpError'> {}
Object.defineProperty(HttpError.prototype, 'retries', { get: () => 0, configurable: true })
sendable(HttpError)
