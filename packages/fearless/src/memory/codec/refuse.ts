/**
 * The text of a refusal: the path to the value, its description and the repair.
 *
 *     [0].cache.fn: A function cannot be sent between threads. ...
 */
import { truncate, classOf, describe, prototypesOf } from '../../describe.ts'
import { NotSendError } from '../../errors.ts'

/**
 * One step from a value to a part of it: a property, an element, or a member of a collection. A member is a negative
 * number, so that recording it needs no allocation: -1 - (2 * position + KEY or VALUE).
 */
export type Step = string | number
export const KEY = 0
export const VALUE = 1
export const member = (position: number, part: number): number => -1 - (2 * position + part)

const PLAIN = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

export function pathOf(steps: readonly Step[]): string {
  let path = ''
  for (const step of steps) {
    if (typeof step === 'string')
      path += step === ELIDED_PATH ? ELIDED_PATH : PLAIN.test(step) ? `.${truncate(step)}` : `[${describe(step)}]`
    else if (step >= 0) path += `[${step}]`
    else path += `.${(-1 - step) % 2 === KEY ? 'keys' : 'values'}()[${Math.floor((-1 - step) / 2)}]`
  }
  return path
}

/** Replaces the steps to a value that lies too deep to record them. */
export const ELIDED_PATH = '\u2026'

/** The repair for objects with a given prototype; a subclass inherits it. */
const reasons = new Map<object, string>()

/** Makes `text` the repair for instances of a class that never crosses a thread: `Use Arc.` */
export function refuseClass(constructor: { readonly prototype: object }, text: string): void {
  reasons.set(constructor.prototype, text)
}

/** Whether the instances of a class never cross a thread. */
export function isRefused(prototype: object): boolean {
  return reasons.has(prototype)
}

const global = globalThis as Record<string, unknown>
for (const [name, repair] of [
  ['Promise', 'Await it and send the result.'],
  ['WeakMap', 'Use a Map.'],
  ['WeakSet', 'Use a Set.'],
  ['WeakRef', 'Send the object it refers to.'],
  ['FinalizationRegistry', 'Create one in each thread.'],
  [
    'SharedArrayBuffer',
    'Use a Mutex, an atomic or a vec, or mark it with `unsafeShared(value)` and synchronize it yourself.',
  ],
] as const) {
  const constructor = global[name]
  if (typeof constructor === 'function') refuseClass(constructor as never, repair)
}
const prototypeOf = (value: object): object => Object.getPrototypeOf(value) as object
const iterators = prototypeOf(prototypeOf([][Symbol.iterator]()))
const asyncIterators = prototypeOf(prototypeOf(prototypeOf((async function* () {})())))
for (const proto of [iterators, asyncIterators]) reasons.set(proto, 'Collect it into an array first.')

export function notSendError(steps: readonly Step[], description: string, repair: string): NotSendError {
  const path = pathOf(steps)
  return new NotSendError(`${path === '' ? '' : `${path}: `}${description} cannot be sent between threads. ${repair}`)
}

/** Returns the refusal of a value that has no kind in the codec. */
export function notSendErrorFor(value: unknown, steps: readonly Step[]): NotSendError {
  if (typeof value === 'function') {
    return notSendError(
      steps,
      /^class\b/.test(Function.prototype.toString.call(value)) ? 'A class' : 'A function',
      'Send the data it works on.',
    )
  }
  if (typeof value === 'symbol') return notSendError(steps, 'A symbol', 'Send its description.')
  for (const proto of prototypesOf(value as object)) {
    const repair = reasons.get(proto)
    if (repair !== undefined) return notSendError(steps, classOf(value as object), repair)
  }
  const name = classOf(value as object)
  return notSendError(
    steps,
    name,
    repairForPlatform(value as object) ?? `Register its class with \`sendable(${name}, { ... })\`, or send plain data.`,
  )
}

const OF_ITS_THREAD = 'Create or open it in the thread that uses it, because it belongs to the thread that created it.'
const OF_PAGE = 'Read the data from it here and send that, because only the page has a document.'
const CONTENT = 'Send its content: `await value.arrayBuffer()`, or `await value.text()`.'
const THROUGH_CHANNEL = 'Send its chunks: `tx.sendAll(stream)` here, and `rx.stream()` in the other thread.'

/** The repairs for objects of the platform that need not be created in the other thread. */
const repairs: Readonly<Record<string, string>> = {
  Response: CONTENT,
  Request: CONTENT,
  Blob: CONTENT,
  File: CONTENT,
  ReadableStream: THROUGH_CHANNEL,
  WritableStream: THROUGH_CHANNEL,
  TransformStream: THROUGH_CHANNEL,
  AbortSignal: 'Send a Receiver, and drop its Sender to abort.',
  AbortController: 'Send a Receiver, and drop its Sender to abort.',
  Event: 'Send its data.',
  Node: OF_PAGE,
  NodeList: OF_PAGE,
  HTMLCollection: OF_PAGE,
  Window: OF_PAGE,
  OffscreenCanvas: 'Create one in the thread that draws, and send its pixels: `context.getImageData(...).data`.',
  ImageBitmap: 'Send the bytes of the image, and call `createImageBitmap` in the thread that uses it.',
  ImageData: 'Send its pixels: `image.data`, and `new ImageData(pixels, width)` in the other thread.',
  DOMRectReadOnly: 'Send its numbers: `rect.toJSON()`.',
  MessagePort: 'Use a channel of this library, whose ends can be sent: `mpsc.channel()`.',
  BroadcastChannel: 'Use `broadcast.channel()`, whose ends can be sent.',
  FileHandle: 'Send the path, and open the file in the thread that uses it.',
  'WebAssembly.Module': 'Send its bytes, and compile them in the thread that uses it.',
  'WebAssembly.Instance': 'Send the bytes of its module, and compile them in the thread that uses it.',
  'WebAssembly.Memory':
    'Use a Vec or a lock, or mark shared memory with `unsafeShared(value)` and synchronize it yourself.',
  CryptoKey: 'Send the exported key: `await crypto.subtle.exportKey(...)`, and import it in the other thread.',
  PerformanceEntry: 'Send its name, startTime, duration and detail.',
}

/**
 * Returns the repair for an object that no registered class could send, or undefined for an instance of a program's
 * class.
 */
function repairForPlatform(value: object): string | undefined {
  for (const proto of prototypesOf(value)) {
    if (proto === Object.prototype) break
    const constructor: unknown = Object.getOwnPropertyDescriptor(proto, 'constructor')?.value
    if (typeof constructor !== 'function') continue
    const repair = repairs[nameOfPlatform(constructor)]
    if (isOfPlatform(constructor) || (repair !== undefined && holdsNative(value))) return repair ?? repairOfBase(value)
  }
  return holdsNative(value) ? OF_ITS_THREAD : undefined
}

/** Returns the repair of the first class of the platform that has one: a PerformanceMark is a PerformanceEntry. */
function repairOfBase(value: object): string {
  for (const proto of prototypesOf(value)) {
    const constructor: unknown = Object.getOwnPropertyDescriptor(proto, 'constructor')?.value
    const repair = typeof constructor === 'function' ? repairs[nameOfPlatform(constructor)] : undefined
    if (repair !== undefined && proto !== Object.prototype) return repair
  }
  return OF_ITS_THREAD
}

/** Returns the name of a class, with the namespace that holds it. */
function nameOfPlatform(constructor: { readonly name: string }): string {
  const { name } = constructor
  const inNamespace = (globalThis as { WebAssembly?: Record<string, unknown> }).WebAssembly?.[name] === constructor
  return inNamespace ? `WebAssembly.${name}` : name
}

/** Classes of the language, from which a program may derive and register a class. */
const LANGUAGE =
  /^(?:Object|Array|Map|Set|Date|RegExp|ArrayBuffer|DataView|Number|String|Boolean|BigInt|\w*Error|\w+Array)$/

/** Classes of Node that are neither native nor global. */
const OF_NODE = /^(?:EventEmitter|Timeout|Immediate)$/

function isOfPlatform(constructor: { readonly name: string }): boolean {
  const { name } = constructor
  if (LANGUAGE.test(name)) return false
  return isNative(constructor) || OF_NODE.test(name) || (name in global && global[name] === constructor)
}

/** Firefox and WebKit break the line in the braces. */
const isNative = (f: unknown): boolean => /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(f))

/** Whether an object holds a native object that is not part of the language, such as a connection or a file. */
function holdsNative(value: object): boolean {
  return Reflect.ownKeys(value).some(key => {
    const part: unknown = Object.getOwnPropertyDescriptor(value, key)?.value
    if (typeof part !== 'object' || part === null) return false
    const [proto] = prototypesOf(part)
    const constructor: unknown = proto && Object.getOwnPropertyDescriptor(proto, 'constructor')?.value
    return typeof constructor === 'function' && isNative(constructor) && !(constructor.name in global)
  })
}
