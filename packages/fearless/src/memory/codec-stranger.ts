/**
 * Objects whose prototype no kind knows. Those of another realm (a `vm` context, a frame) and errors of classes that are
 * not registered may cross all the same; those that were moved are refused by their own words.
 */
import { errorKind } from './codec-error.ts'
import { ARRAY_KIND, kindOfPrototype, onStranger, PLAIN_KIND, refuseMoved } from './codec-write.ts'
import { textOfTombstone } from './moved.ts'

const globals = globalThis as unknown as Record<string, { readonly prototype?: object } | undefined>

onStranger((object, prototype) => {
  const moved = textOfTombstone(prototype)
  if (moved !== undefined) return { later: 0, write: () => refuseMoved(moved) }
  const native = nativeName(prototype)
  if (native === 'Object') return PLAIN_KIND
  if (native === 'Array') return Array.isArray(object) ? ARRAY_KIND : undefined
  const here = native === undefined ? undefined : globals[native]
  return (here?.prototype && kindOfPrototype(here.prototype)) ?? errorKind(prototype)
})

/** The name of the built-in class of another realm that a prototype belongs to. */
function nativeName(prototype: object): string | undefined {
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof constructor !== 'function' || constructor.prototype !== prototype) return undefined
  return Function.prototype.toString.call(constructor).includes('[native code]') ? constructor.name : undefined
}
