/** Registered classes: their instances keep their class when they cross a thread. */
import type { Send } from '../../send.ts'
import { registerClass } from './codec.ts'
import { errorOfParts, errorParts, type ErrorParts } from './error.ts'
import { registerLendableClass } from './lent.ts'

/** The conversion of a class's instances to plain data and back. */
export interface SendableOptions<T extends object, P> {
  /** The class's name in messages, which must be the same in all threads. The name of the class if absent. */
  readonly name?: string
  /** Returns the plain data of an instance. */
  readonly write: (instance: T) => Send<P>
  /** Creates an instance from plain data. */
  readonly read: (plain: P) => T
}

const names = new Map<string, object>()

/**
 * Whether two classes are one class that was evaluated twice: a thread has a copy beside its closures, and may import
 * the class's module as well.
 */
const sameClass = (a: object, b: object): boolean =>
  a === b || Function.prototype.toString.call(a) === Function.prototype.toString.call(b)

/**
 * Registers a class, so that its instances keep their prototype when they cross threads.
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
 * Without `write` and `read`, the own enumerable properties cross, and the instance is rebuilt without a call of the
 * constructor. Of an error, `message`, `stack`, `cause` and `errors` cross as well; getters and methods come from the
 * class. A thread knows the classes that the file of its closure registers, and those registered by files that it
 * imports by a relative path. The thread must import any other class itself. The instance is copied, and the values in
 * it are moved. Throws `TypeError` if another class has its name.
 */
export function sendable<T extends object, P = unknown>(
  constructor: abstract new (...args: never[]) => T,
  options?: SendableOptions<T, P>,
): void
/** @internal The compiler passes the name of the class in the source. */
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
    throw new TypeError('`sendable` expects a class with a name, got one without. Pass `{ name, write, read }`.')
  const known = names.get(name)
  if (known !== undefined && !sameClass(known, constructor))
    throw new TypeError(`Another class is registered as ${JSON.stringify(name)}. Pass another \`name\`.`)
  names.set(name, constructor)
  const prototype = constructor.prototype as T
  registerLendableClass(prototype, options?.write as ((instance: object) => unknown) | undefined)
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

/** Creates an instance with these own properties, also if the class has a getter or a setter of that name. */
function made<T extends object>(prototype: T, plain: object, isError: boolean): T {
  if (isError) return errorOfParts(prototype, plain as ErrorParts) as T
  return Object.create(prototype, Object.getOwnPropertyDescriptors(plain)) as T
}
