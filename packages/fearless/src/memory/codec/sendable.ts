/** Classes whose instances keep their class when they cross a thread. */
import type { Send } from '../../send.ts'
import { registerClass } from './codec.ts'
import { errorOfParts, errorParts, type ErrorParts } from './error.ts'
import { noteClass } from './lent.ts'

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
 * Whether they are one class, evaluated twice: a thread has a copy beside its closures, and may import the class's module
 * as well.
 */
const sameClass = (a: object, b: object): boolean =>
  a === b || Function.prototype.toString.call(a) === Function.prototype.toString.call(b)

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
 * Without `write` and `read` its own enumerable properties cross, and come back under the prototype, no constructor called. Of an
 * error cross its `message`, `stack`, `cause` and `errors`, too; getters and methods come from the class.
 * A thread knows the classes that the file of its closure registers, or that are registered by what this file imports by a
 * relative path; any other one it has to import itself. An instance that crosses is copied, and what lies in it is moved.
 * Throws `TypeError` if another class has its name.
 */
export function sendable<T extends object, P = unknown>(
  constructor: abstract new (...args: never[]) => T,
  options?: SendableOptions<T, P>,
): void
/** @internal The compiler says what the class is called in the source. */
export function sendable<T extends object, P>(
  constructor: abstract new (...args: never[]) => T,
  options: SendableOptions<T, P> | undefined,
  called: string,
): void
export function sendable<T extends object, P = unknown>(
  constructor: abstract new (...args: never[]) => T,
  options?: SendableOptions<T, P>,
  called = constructor.name,
): void {
  const name = options?.name ?? called
  if (name === '')
    throw new TypeError('A class without a name cannot be registered. Pass one: `{ name, write, read }`.')
  const known = names.get(name)
  if (known !== undefined && !sameClass(known, constructor))
    throw new TypeError(`Another class is registered as ${JSON.stringify(name)}. Pass a \`name\` of its own.`)
  names.set(name, constructor)
  const prototype = constructor.prototype as T
  noteClass(prototype, options?.write as ((instance: object) => unknown) | undefined)
  const isError = prototype instanceof Error
  registerClass(
    name,
    { prototype },
    {
      write: options?.write ?? (isError ? errorParts : instance => ({ ...instance })),
      read:
        (options?.read as ((plain: unknown) => T) | undefined) ?? (plain => made(prototype, plain as object, isError)),
    },
  )
}

/** An instance with these own properties, also where the class has a getter or a setter of that name. */
function made<T extends object>(prototype: T, plain: object, isError: boolean): T {
  if (isError) return errorOfParts(prototype, plain as ErrorParts) as T
  return Object.create(prototype, Object.getOwnPropertyDescriptors(plain)) as T
}
