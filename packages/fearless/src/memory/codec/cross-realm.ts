/**
 * Objects whose prototype no kind knows. Those of another realm (a `vm` context, a frame) and errors of classes that are
 * not registered may cross all the same; those that were moved are refused by their own words.
 */
import { prototypesOf } from '../../describe.ts'
import { errorKind } from './error.ts'
import { isRefused } from './refuse.ts'
import { ARRAY_KIND, type Kind, kindOfPrototype, onStranger, PLAIN_KIND, refuseMoved } from './write.ts'
import { textOfTombstone } from './moved.ts'

const globals = globalThis as unknown as Record<string, { readonly prototype?: object } | undefined>

onStranger((object, prototype) => {
  const moved = textOfTombstone(prototype)
  if (moved !== undefined) return { later: 0, write: () => refuseMoved(moved) }
  const native = nativeName(prototype)
  if (native === 'Object') return PLAIN_KIND
  if (native === 'Array') return Array.isArray(object) ? ARRAY_KIND : undefined
  const here = native === undefined ? undefined : globals[native]
  return (here?.prototype && kindOfPrototype(here.prototype)) ?? errorKind(prototype) ?? recordKind(prototype)
})

/** Whether instances with a prototype are data, by prototype: asked for each of them. */
const isRecord = new WeakMap<object, boolean>()

/** The instances of a class without methods are data as any other object, and arrive as such: types take them for that. */
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
  // An object of another realm is data only if it is what `Object` makes there.
  return false
}

/** Private fields do not show in an instance; types refuse them. */
function isOpenClass(constructor: object): boolean {
  const text = Function.prototype.toString.call(constructor)
  return /^class\b/.test(text) && !/#[\p{ID_Start}$_][\p{ID_Continue}$]*\s*[=;\n}]/u.test(text)
}

/** The name of the built-in class of another realm that a prototype belongs to. */
function nativeName(prototype: object): string | undefined {
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof constructor !== 'function' || constructor.prototype !== prototype) return undefined
  return Function.prototype.toString.call(constructor).includes('[native code]') ? constructor.name : undefined
}
