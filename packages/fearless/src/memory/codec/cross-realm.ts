/**
 * Codec of objects whose prototype is not registered: objects of another realm (a `vm` context, a frame), errors of
 * other classes, objects of the platform, and instances of classes without methods. Moved objects are refused with the text of their tombstone.
 */
import { prototypesOf } from '../../describe.ts'
import { errorKind } from './error.ts'
import { platformKind } from './platform-objects.ts'
import { isRefused } from './refuse.ts'
import { ARRAY_KIND, type Kind, kindOfPrototype, setUnregisteredKindSearch, PLAIN_KIND, refuseMoved } from './write.ts'
import { textOfTombstone } from './moved.ts'

const globals = globalThis as unknown as Record<string, { readonly prototype?: object } | undefined>

setUnregisteredKindSearch((object, prototype) => {
  const moved = textOfTombstone(prototype)
  if (moved !== undefined) return { later: 0, write: () => refuseMoved(moved) }
  const native = nativeName(prototype)
  if (native === 'Object') return PLAIN_KIND
  if (native === 'Array') return Array.isArray(object) ? ARRAY_KIND : undefined
  const here = native === undefined ? undefined : globals[native]
  return (
    (here?.prototype && kindOfPrototype(here.prototype)) ??
    errorKind(prototype) ??
    platformKind(prototype) ??
    recordKind(prototype)
  )
})

/** Whether instances with a prototype are plain data, by prototype, because each instance asks. */
const isRecord = new WeakMap<object, boolean>()

/** Returns the kind of a class without methods. Its instances arrive as plain objects, and types treat them as such. */
function recordKind(prototype: object): Kind | undefined {
  let known = isRecord.get(prototype)
  if (known === undefined) isRecord.set(prototype, (known = hasNoMethods(prototype)))
  return known ? PLAIN_KIND : undefined
}

function hasNoMethods(prototype: object): boolean {
  for (const at of [prototype, ...prototypesOf(prototype)]) {
    if (at === Object.prototype) return true
    const keys = Reflect.ownKeys(at)
    if (isRefused(at)) return false
    if (keys.length !== 1 || keys[0] !== 'constructor') return false
    const { value } = Object.getOwnPropertyDescriptor(at, 'constructor') as PropertyDescriptor
    if (typeof value !== 'function' || !isOpenClass(value)) return false
  }
  // An object of another realm is plain data only if its prototype is that realm's `Object.prototype`.
  return false
}

/** Whether a class has no private fields. They do not show in an instance, and types refuse them. */
function isOpenClass(constructor: object): boolean {
  const text = Function.prototype.toString.call(constructor)
  return /^class\b/.test(text) && !/#[\p{ID_Start}$_][\p{ID_Continue}$]*\s*[=;\n}]/u.test(text)
}

/** Returns the name of the built-in class of another realm that a prototype belongs to, or undefined. */
function nativeName(prototype: object): string | undefined {
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof constructor !== 'function' || constructor.prototype !== prototype) return undefined
  return Function.prototype.toString.call(constructor).includes('[native code]') ? constructor.name : undefined
}
