/** Classes whose instances keep their class when they cross a thread. */
import type { Send } from '../send.ts'
import { registerClass } from './codec.ts'

/** How the instances of a class become plain data and come back. */
export interface SendableOptions<T extends object, P> {
  /** The class's name in messages, the same in all threads; that of the class if left out. */
  readonly name?: string
  /** What of an instance crosses. */
  readonly write: (instance: T) => Send<P>
  /** A new instance of what has crossed. */
  readonly read: (plain: P) => T
}

const names = new Map<string, object>()

/**
 * Lets the instances of a class cross threads, prototype and all.
 *
 * ```ts
 * class Point {
 *   readonly x: number
 *   readonly y: number
 *   constructor(x: number, y: number) { this.x = x; this.y = y }
 *   get length() { return Math.hypot(this.x, this.y) }
 * }
 * interface Point extends Sendable<'Point'> {}
 * sendable(Point, { write: ({ x, y }) => [x, y], read: ([x, y]) => new Point(x, y) })
 *
 * const [tx, rx] = mpsc.channel<Point>()
 * tx.send(new Point(3, 4))
 * const point = await rx.recv()
 * point.length // => 5
 * ```
 *
 * Without `write` and `read` its own enumerable properties cross, and come back under the prototype, no constructor called.
 * Register a class in the module that defines it: a thread that receives an instance has to have imported that. An instance
 * that crosses is copied, and what lies in it is moved. Throws `TypeError` if another class has its name.
 */
export function sendable<T extends object, P = unknown>(
  constructor: abstract new (...args: never[]) => T,
  options?: SendableOptions<T, P>,
): void {
  const name = options?.name ?? constructor.name
  if (name === '')
    throw new TypeError('A class without a name cannot be registered. Pass one: `{ name, write, read }`.')
  if (names.has(name) && names.get(name) !== constructor)
    throw new TypeError(`Another class is registered as ${JSON.stringify(name)}. Pass a \`name\` of its own.`)
  names.set(name, constructor)
  const prototype = constructor.prototype as T
  registerClass(
    name,
    { prototype },
    {
      write: options?.write ?? (instance => ({ ...instance })),
      read:
        options === undefined
          ? plain => Object.assign(Object.create(prototype) as T, plain)
          : (options.read as (plain: unknown) => T),
    },
  )
}
