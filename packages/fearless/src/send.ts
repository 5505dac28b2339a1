/**
 * The rules of Send and Sync as plain types, and the messages of a refusal.
 *
 * There are two steps, and correct programs pay only for the first:
 *
 *   Checked<T>   T with `never` in place of each part that must not cross: `T extends Checked<T>` is the verdict
 *   NotSend<T>   T with a message in place of each such part, which tsc prints if the verdict is no
 *
 * - Both map T member by member and lazily. So recursive types end where the compiler's own comparison ends, and a type
 *   that passes builds no message.
 * - The type with messages never accepts a refused `T`. A part of type `any` would be assignable to every message, so
 *   the message replaces the whole object that holds it.
 */

/** The property under which a class declares its verdict. It exists in types only; no object has it at run time. */
export declare const crossing: unique symbol

/** The property by which `Arc` carries the type of its content. It also exists in types only. */
declare const shared: unique symbol

/** The property that marks a registered class, whose instances are data, not handles. It also exists in types only. */
declare const registered: unique symbol

/** A verdict: always; if its content is Send; if its content is Send and Sync; or never, with the repair. */
type Rule = 'always' | 'if Send' | 'if Send and Sync' | `never: ${string}`

/**
 * The verdicts of a class, declared under `crossing`. `Of` is the type of its content; messages call it `Name<Of>`.
 *
 * ```ts
 * class Mutex<T> {
 *   declare readonly [crossing]: Crossing<'Mutex', 'if Send', 'if Send', T>
 * }
 * ```
 */
export interface Crossing<Name extends string, Send extends Rule, Sync extends Rule, Of = void> {
  readonly name: Name
  readonly send: Send
  readonly sync: Sync
  readonly of: Of
}

/**
 * Declares that a class must stay on its thread: `interface Db extends ThreadBound<'Db', 'open one in each thread'>
 * {}`.
 */
export interface ThreadBound<Name extends string, Hint extends string = 'use it in the thread that made it'> {
  readonly [crossing]: Crossing<Name, `never: ${Hint}`, `never: ${Hint}`>
}

/** Declares that a class is registered with `sendable(Point, ...)`: `interface Point extends Sendable<'Point'> {}`. */
export interface Sendable<Name extends string = 'registered class'> {
  readonly [crossing]: Crossing<Name, 'always', 'always'>
  readonly [registered]: true
}

/** `T` if a `T` may be sent to another thread, otherwise a type that names the parts that may not, and the repair. */
export type Send<T> = Is<T, 'send'> extends true ? T : Hidden<Refused<T, 'send', ''>>

/**
 * `T` if several threads may use one `T` at a time, otherwise a type that names the parts that forbid it, and the
 * repair.
 */
export type Sync<T> = Is<T, 'sync'> extends true ? T : Hidden<Refused<T, 'sync', ''>>

/** `T` if a `T` may be the value of an `Arc`, because it is both Send and Sync. */
export type SendSync<T> = Is<T, 'send'> extends true ? Sync<T> : Hidden<Refused<T, 'send', ''>>

/** The arguments of `spawn(f, ...args)`: each of them must be Send. */
export type SendArgs<A extends readonly unknown[]> = { [K in keyof A]: Send<A[K]> }

/** The type of a sequence that is divided among threads: each of its items must be Send. */
export type SendEach<T> = Is<T, 'send'> extends true ? Iterable<T> : Hidden<RefusedEach<T>>

/**
 * The result type of a thread's function: `R` if its value (awaited, if it is a promise) is Send. `any` and `unknown`
 * are accepted, and checked when the thread finishes: `JSON.parse` returns `any`, and tsc assumes that the result is
 * `unknown` while it reports a refused argument.
 */
export type SendResult<R> = Is<Awaited<R>, 'send'> extends true ? R : Hidden<RefusedResult<R>>

/** The results whose code runs later: promises, and generators, which run when they are asked for values. */
type Later = PromiseLike<unknown> | Generator<unknown, unknown, never> | AsyncGenerator<unknown, unknown, never>

/** Whether a result is complete when it is returned. A `JoinHandle` is a promise too, but counts as a handle. */
type IsValue<R> = [Exclude<Extract<R, Later>, HasVerdict>] extends [never] ? true : false

/**
 * The result type of a function that runs under a lock. A promise or generator would run on after the lock is released.
 */
export type AtOnce<R> = R & (IsValue<R> extends true ? unknown : Hidden<NotAsync>)

type NotAsync =
  'the function runs under a lock that is released when it returns, so it cannot be async, nor a generator; hold a guard across the await'

/**
 * The result type of a function of a parallel region. A promise or generator would run on after the region has ended.
 */
export type InParallel<R> = R & (IsValue<R> extends true ? unknown : Hidden<NotAsyncInParallel>)

/** The same for a result that crosses to the caller's thread. */
export type ParallelResult<R> = IsValue<R> extends true ? SendResult<R> : Hidden<NotAsyncInParallel>

type NotAsyncInParallel =
  'a parallel region does not wait inside its functions, so they cannot be async, nor generators; block with .wait(), or use thread.spawn'

/**
 * The requirement of operations on the data in an `Arc`. A registered class is data; another class with a verdict is
 * not.
 */
export type OfData<T> = [T] extends [Registered] ? unknown : [T] extends [HasVerdict] ? Hidden<NotData> : unknown

type NotData =
  'only an Arc of plain data can be copied or changed as a whole: lock the Mutex in this one, or take it out with Arc.tryUnwrap'

/** The part of every `Arc` of a `T` from which `Arc.clone` and its siblings infer `T`. */
export interface Shared<T> {
  readonly [shared]: T
}

/**
 * The type that `new Arc(value)` returns. A value with its own synchronisation is used directly: an `Arc<Mutex<T>>` is
 * a `Mutex<T>`. Any other value is read through `value`, and cannot be changed.
 */
export type Arc<T> = Shared<T> & Held<T>

type Held<T> = unknown extends T
  ? { readonly value: unknown }
  : [T] extends [Registered]
    ? { readonly value: Read<T> }
    : [T] extends [HasVerdict]
      ? T
      : { readonly value: Read<T> }

interface Registered {
  readonly [registered]: true
}

/** `T` as an `Arc` shows it: no part of it can be assigned, added, removed or reordered. */
type DeepReadonly<T> = { readonly [K in keyof T]: Read<T[K]> }

/** A read-only typed array; `slice()` returns a writable copy. */
export type ReadonlyView<V extends BufferView> = Omit<V, WritesOfView> & { readonly [index: number]: number | bigint }

/** A read-only `ArrayBuffer`; `slice()` returns a writable copy. */
type ReadonlyBuffer = Pick<ArrayBuffer, 'byteLength' | 'slice'>

type WritesOfView = number | 'buffer' | 'copyWithin' | 'fill' | 'reverse' | 'set' | 'sort' | 'subarray' | `set${string}`

/**
 * A read-only `T`. The writers of a `Date` throw, so it is still a `Date` for functions that expect one. The writers of
 * a buffer cannot throw, so they are hidden.
 */
export type Read<T> = T extends Registered
  ? DeepReadonly<T>
  : T extends Primitive | HasVerdict | Shared<unknown> | Date | RegExp | Callable
    ? T
    : T extends ArrayBuffer
      ? ReadonlyBuffer
      : T extends readonly (infer E)[]
        ? number extends T['length']
          ? readonly Read<E>[]
          : DeepReadonly<T>
        : T extends ReadonlyMap<infer K, infer V>
          ? ReadonlyMap<Read<K>, Read<V>>
          : T extends ReadonlySet<infer E>
            ? ReadonlySet<Read<E>>
            : T extends BufferView
              ? ReadonlyView<T>
              : DeepReadonly<T>

/**
 * The read-only type of a lock's value. Not `Read<T>`, which tsc would take for `T` where it infers the lock's type.
 */
export type Snapshot<T> = [T] extends [infer Known] ? Read<Known> : never

/**
 * `T`, but opaque to tsc until `T` is known. If tsc saw the messages, `new Mutex('a')` would be a `Mutex<'a'>`, because
 * a literal keeps its own type where a literal is expected.
 */
type Hidden<T> = [T] extends [infer Known] ? Known : never

// The verdict

type Mode = 'send' | 'sync'
type Primitive = string | number | bigint | boolean | null | undefined | void
type Callable = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown)
type BufferView = ArrayBufferView<ArrayBufferLike>

interface HasVerdict {
  readonly [crossing]: Crossing<string, Rule, Rule, unknown>
}

type Is<T, M extends Mode> = [T] extends [Checked<T, M>] ? true : false

/**
 * The verdict on `T`. `unknown extends T` holds for `any` too. Only built-in types have a tag, so most types skip that
 * search.
 */
type Checked<T, M extends Mode> = unknown extends T
  ? never
  : T extends Primitive
    ? T
    : T extends symbol
      ? never
      : T extends Shared<infer U>
        ? { readonly [shared]: CheckedBoth<U> }
        : T extends HasVerdict
          ? CheckedRule<T, RuleOf<T, M>>
          : T extends readonly (infer E)[]
            ? readonly Checked<E, M>[]
            : T extends Callable
              ? never
              : T extends PlatformData
                ? M extends 'send'
                  ? T
                  : never
                : T extends { readonly [Symbol.toStringTag]: string }
                  ? CheckedBuiltIn<T, M>
                  : T extends ReadonlyMap<infer K, infer V>
                    ? ReadonlyMap<Checked<K, M>, Checked<V, M>>
                    : T extends ReadonlySet<infer E>
                      ? ReadonlySet<Checked<E, M>>
                      : T extends Date | RegExp
                        ? T
                        : IsPlain<T> extends true
                          ? { [K in keyof T]: CheckedMember<T, K, M> }
                          : never

/**
 * Objects of the platform that are sent as a copy. They can be changed, so they are not Sync. A global that the program's
 * libraries do not declare is `never`.
 */
type PlatformData =
  | InstanceOf<'URL'>
  | InstanceOf<'URLSearchParams'>
  | InstanceOf<'Headers'>
  | InstanceOf<'FormData'>
  | InstanceOf<'PerformanceMark'>
  | NodeKey
  | NodeBlockList

type InstanceOf<Name extends string> = typeof globalThis extends {
  readonly [N in Name]: { readonly prototype: infer T }
}
  ? T
  : never

/** A KeyObject of Node, whose types this package does not import. */
interface NodeKey {
  readonly type: 'secret' | 'public' | 'private'
  readonly symmetricKeySize?: number | undefined
  readonly asymmetricKeyType?: string | undefined
  equals(other: never): boolean
  export(options?: never): unknown
}

interface NodeBlockList {
  readonly rules: readonly string[]
  addSubnet(...args: never[]): void
  check(...args: never[]): boolean
}

/** A symbol key is a brand without data, unless it is a method such as `[Symbol.dispose]`. */
type CheckedMember<T, K extends keyof T, M extends Mode> = K extends symbol
  ? [Extract<T[K], Callable>] extends [never]
    ? T[K]
    : never
  : [T, K, IsUntyped<T[K]>] extends [Error, 'cause' | 'errors', true]
    ? T[K]
    : Checked<T[K], M>

/**
 * Whether an error's cause is untyped, as in every error. A part of the cause that cannot cross is removed when it is
 * sent.
 */
type IsUntyped<C> = unknown extends C
  ? true
  : C extends readonly (infer E)[]
    ? unknown extends E
      ? true
      : false
    : false

type CheckedRule<T extends HasVerdict, R extends Rule> = R extends 'always'
  ? T
  : R extends 'if Send'
    ? { readonly [crossing]: { readonly of: Checked<Of<T>, 'send'> } }
    : R extends 'if Send and Sync'
      ? { readonly [crossing]: { readonly of: CheckedBoth<Of<T>> } }
      : never

type CheckedBoth<T> = Checked<T, 'send'> & Checked<T, 'sync'>

type RuleOf<T extends HasVerdict, M extends Mode> = T[typeof crossing][M]
type Of<T extends HasVerdict> = T[typeof crossing]['of']

/** `Map` comes first, because a Map has all members of a WeakMap. */
type CheckedBuiltIn<T, M extends Mode> =
  T extends Map<infer K, infer V>
    ? Map<Checked<K, M>, Checked<V, M>>
    : T extends Set<infer E>
      ? Set<Checked<E, M>>
      : T extends BufferView
        ? IsSharedMemory<T['buffer']> extends true
          ? never
          : T
        : IsSharedMemory<T> extends true
          ? never
          : T extends ArrayBuffer
            ? T
            : never

/** Whether a type is certainly shared memory. A plain `Uint8Array` may be, so it is checked when it is sent. */
type IsSharedMemory<T> = [T] extends [{ readonly [Symbol.toStringTag]: 'SharedArrayBuffer' }] ? true : false

/**
 * Whether a type has no private members: an object of the public members alone is not assignable to a class that has
 * some.
 */
type IsPlain<T> = [keyof T] extends [never]
  ? string extends T
    ? true
    : false
  : { [K in keyof T]: T[K] } extends T
    ? true
    : false

// The messages

/** `T` with a message in place of each part that must not be sent to another thread. */
type NotSend<T> = { [K in keyof T]: RefusedMember<T, K, 'send', ''> }

/** `T` with a message in place of each part that several threads must not use at a time. */
type NotSync<T> = { [K in keyof T]: RefusedMember<T, K, 'sync', ''> }

type NotAt<T, M extends Mode, Path extends string> = { [K in keyof T]: RefusedMember<T, K, M, Path> }

type Says<
  Path extends string,
  Name extends string,
  M extends Mode,
  Hint extends string,
> = `${Place<Path>}${Name} cannot be ${Verb[M]} between threads safely; ${Hint}`

type Place<Path extends string> = Path extends '' ? '' : `${Path}: `
type Verb = { send: 'sent'; sync: 'shared' }

type SaysAny<Path extends string, M extends Mode> = Says<Path, 'any', M, 'give it a type first'>
type SaysUnknown<Path extends string, M extends Mode> = Says<Path, 'unknown', M, 'narrow it to plain data first'>

type IsAny<T> = 0 extends 1 & T ? true : false

/**
 * A value of type `any` is accepted as a whole, and checked when it is sent: only `never` refuses `any`, and has no
 * message. If a part is `any`, the message replaces the whole.
 */
type Refused<T, M extends Mode, Path extends string> =
  IsAny<T> extends true ? T : unknown extends T ? SaysUnknown<Path, M> : RefusedOne<T, M, Path>

/**
 * The result of a thread with a message. A promise has no place for the message, so the message replaces the promise.
 */
type RefusedResult<R> =
  unknown extends Awaited<R>
    ? R
    : [Extract<R, PromiseLike<unknown>>] extends [never]
      ? Refused<R, 'send', ''>
      : Message<Awaited<R>, 'send', ''>

type RefusedEach<T> = IsAny<T> extends true ? Iterable<T> : readonly Refused<T, 'send', '[]'>[]

/** If some members of a union never cross, the message names only those, and the other members stay. */
type RefusedOne<T, M extends Mode, Path extends string> =
  string extends Extract<T, string> ? string | Apart<RefusedOf<Exclude<T, string>, M, Path>> : RefusedOf<T, M, Path>

type RefusedOf<T, M extends Mode, Path extends string> = [Culprit<T, M, Path>] extends [never]
  ? T extends unknown
    ? Is<T, M> extends true
      ? T
      : RefusedParts<T, M, Path>
    : never
  : T extends unknown
    ? [Culprit<T, M, Path>] extends [never]
      ? T
      : Culprit<T, M, Path>
    : never

/** Wraps a message in a union with `string`, which would absorb it. */
type Apart<T> = T extends string ? Because<T> : T

interface Because<Message extends string> {
  readonly [crossing]: Message
}

type RefusedParts<T, M extends Mode, Path extends string> = T extends readonly (infer E)[]
  ? number extends T['length']
    ? IsAny<E> extends true
      ? SaysAny<`${Path}[]`, M>
      : readonly Refused<E, M, `${Path}[]`>[]
    : [AnyElement<T>] extends [never]
      ? { [K in keyof T]: RefusedElement<T[K], M, `${Path}[${K & string}]`> }
      : SaysAny<`${Path}[${AnyElement<T>}]`, M>
  : T extends Container
    ? Message<T, M, Path>
    : [AnyMember<T>] extends [never]
      ? Path extends ''
        ? M extends 'send'
          ? NotSend<T>
          : NotSync<T>
        : NotAt<T, M, Path>
      : SaysAny<PathTo<Path, AnyMember<T>>, M>

type Container = Shared<unknown> | HasVerdict | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>

/** Limits the depth, because tuples are mapped eagerly, and a tuple may contain itself. */
type RefusedElement<T, M extends Mode, Path extends string> = Path extends `${string}]${string}]${string}`
  ? T extends unknown
    ? Is<T, M> extends true
      ? T
      : Message<T, M, Path>
    : never
  : Refused<T, M, Path>

type AnyElement<T extends readonly unknown[]> = {
  [K in keyof T]-?: IsAny<T[K]> extends true ? K & string : never
}[number]

type RefusedMember<T, K extends keyof T, M extends Mode, Path extends string> =
  IsRefusedHere<T, K, M> extends true ? Refused<T[K], M, PathTo<Path, K>> : T[K]

/**
 * Whether the message goes to this member: a member that never crosses itself, otherwise any member that leads to one.
 */
type IsRefusedHere<T, K extends keyof T, M extends Mode> = [T[K]] extends [CheckedMember<T, K, M>]
  ? false
  : [CulpritMember<T, M>] extends [never]
    ? true
    : K extends CulpritMember<T, M>
      ? true
      : false

type CulpritMember<T, M extends Mode> = {
  [K in keyof T]-?: [Culprit<T[K], M, '.'>] extends [never] ? never : K
}[keyof T]

type AnyMember<T> = { [K in keyof T]-?: IsAny<T[K]> extends true ? K : never }[keyof T]
type PathTo<Path extends string, K> = K extends string | number ? `${Path}.${K}` : `${Path}[symbol]`

/** The messages about `T` as a union, for a type that has no members to hold them. Searches a few levels deep. */
type Message<T, M extends Mode, Path extends string> =
  Is<T, M> extends true
    ? never
    : [Culprit<T, M, Path>] extends [never]
      ? Path extends Deep
        ? Says<Path, 'something in it', M, 'send plain data'>
        : T extends unknown
          ? Is<T, M> extends true
            ? never
            : MessageParts<T, M, Path>
          : never
      : Culprit<T, M, Path>

type Deep = `${string}.${string}.${string}.${string}.${string}` | `${string}]${string}]${string}]${string}`

type MessageParts<T, M extends Mode, Path extends string> = T extends readonly (infer E)[]
  ? Message<E, M, `${Path}[]`>
  : T extends Shared<infer U>
    ? MessageBoth<U, `${Path}.value`>
    : T extends HasVerdict
      ? RuleOf<T, M> extends 'if Send'
        ? Message<Of<T>, 'send', `${Path}.value`>
        : MessageBoth<Of<T>, `${Path}.value`>
      : T extends ReadonlyMap<infer K, infer V>
        ? Message<K, M, `${Path}.keys()`> | Message<V, M, `${Path}.values()`>
        : T extends ReadonlySet<infer E>
          ? Message<E, M, `${Path}.values()`>
          : {
              [K in keyof T]-?: IsRefusedHere<T, K, M> extends true ? Message<T[K], M, PathTo<Path, K>> : never
            }[keyof T]

type MessageBoth<T, Path extends string> = Message<T, Is<T, 'send'> extends true ? 'sync' : 'send', Path>

/** The message about a type that never crosses with any parts, or `never` for any other type. */
type Culprit<T, M extends Mode, Path extends string> =
  IsAny<T> extends true
    ? SaysAny<Path, M>
    : unknown extends T
      ? SaysUnknown<Path, M>
      : CulpritOne<T> | CulpritVerdict<T, M> extends infer Why
        ? Why extends readonly [infer Name extends string, infer Hint extends string]
          ? Says<Path, Name, M, Hint>
          : Why extends 'function'
            ? Says<Path, Why, M, Path extends '' ? InsteadOfFunction : InsteadOfClass>
            : never
        : never

type InsteadOfFunction = 'send data, and call the function in the thread'
type InsteadOfClass = 'send plain data, or register its class with sendable()'

type CulpritVerdict<T, M extends Mode> =
  T extends Shared<unknown>
    ? never
    : T extends HasVerdict
      ? RuleOf<T, M> extends `never: ${infer Hint}`
        ? [NameOf<T>, Hint]
        : never
      : never

type CulpritOne<T> = T extends Primitive | Container | readonly unknown[]
  ? never
  : T extends symbol
    ? ['symbol', 'use a string']
    : T extends abstract new (...args: never[]) => unknown
      ? ['class', 'send data, and import the class in the thread']
      : T extends Callable
        ? 'function'
        : T extends AnyWait<infer U>
          ? [NameWith<'Wait', NameOf<U>>, 'wait for it first']
          : T extends PromiseLike<unknown>
            ? ['Promise', 'await it first']
            : T extends AnyIterator
              ? ['iterator', 'collect it into an array first']
              : T extends PageNode
                ? ['DOM node', 'it belongs to the page, send its data']
                : T extends { readonly [Symbol.toStringTag]: infer Tag extends string }
                  ? CulpritBuiltIn<T, Tag>
                  : T extends Date | RegExp
                    ? never
                    : IsPlain<T> extends true
                      ? never
                      : [keyof T] extends [never]
                        ? ['object', 'narrow it to plain data first']
                        : ['class instance with private members', InsteadOfClass]

/** A `Wait`. It has no verdict of its own, because a `JoinHandle` is one too and may cross. */
type AnyWait<T> = { wait(ms?: number): T; within(ms: number): PromiseLike<T> }
type AnyIterator = Iterator<unknown, unknown, never> | AsyncIterator<unknown, unknown, never>
type PageNode = { readonly nodeType: number; readonly ownerDocument: unknown }

type CulpritBuiltIn<T, Tag extends string> =
  IsSharedMemory<T> extends true
    ? [MemoryName, RawMemory]
    : T extends BufferView
      ? IsSharedMemory<T['buffer']> extends true
        ? [NameWith<string extends Tag ? 'DataView' : Tag, MemoryName>, RawMemory]
        : never
      : T extends ArrayBuffer
        ? never
        : T extends WeakMap<infer _K, infer _V>
          ? ['WeakMap', 'use Map']
          : T extends WeakSet<infer _E>
            ? ['WeakSet', 'use Set']
            : T extends WeakRef<WeakKey>
              ? ['WeakRef', 'send the object it refers to']
              : ['class instance', InsteadOfClass]

type MemoryName = 'SharedArrayBuffer'
type RawMemory = 'it is raw shared memory: use Arc, vec or atomics'

/** The name of a type in a message, or `''` for a type of the program without a verdict. */
type NameOf<T> = [T] extends [never]
  ? ''
  : unknown extends T
    ? ''
    : [T] extends [string]
      ? 'string'
      : [T] extends [number]
        ? 'number'
        : [T] extends [bigint]
          ? 'bigint'
          : [T] extends [boolean]
            ? 'boolean'
            : [T] extends [Named<infer Name, infer Of>]
              ? NameWith<Name, NameOf<Of>>
              : [T] extends [readonly (infer E)[]]
                ? NameOf<E> extends ''
                  ? ''
                  : `${NameOf<E>}[]`
                : [T] extends [Date]
                  ? 'Date'
                  : ''

interface Named<Name extends string, Of> {
  readonly [crossing]: { readonly name: Name; readonly of: Of }
}

type NameWith<Name extends string, Of extends string> = Of extends '' ? Name : `${Name}<${Of}>`
