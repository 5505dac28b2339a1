/**
 * Codec of the built-in objects without memory of their own: Date, RegExp, boxed primitives, Map, Set.
 *
 * Each writer first reads an internal slot. This refuses objects that only have the prototype, and proxies.
 */
import { withArticle } from '../../describe.ts'
import * as is from './format.ts'
import { member, KEY, VALUE } from './refuse.ts'
import { put, putDouble, refuse, registerKind, write, writePart } from './write.ts'
import { read, readDouble, registerReader } from './read.ts'

/** Reads an internal slot. Refuses an object without it. */
export function readInternalSlot<T>(name: string, get: () => T): T {
  try {
    return get()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    refuse(`An object that only looks like ${withArticle(name)}`, `Send a real ${name}.`)
  }
}

function getter<O, T>(prototype: O, key: keyof O): (object: object) => T {
  const get = Object.getOwnPropertyDescriptor(prototype, key)?.get as (this: object) => T
  return object => get.call(object)
}

const { getTime, setTime } = Date.prototype
registerKind(Date.prototype, {
  later: 0,
  write(date) {
    const time = readInternalSlot('Date', () => getTime.call(date as Date))
    put(is.DATE, 0, 0)
    putDouble(time)
  },
  empty: date => (setTime.call(date as Date, NaN), true),
})
registerReader(is.DATE, { make: () => new Date(readDouble()) })

const source = getter<RegExp, string>(RegExp.prototype, 'source')
const flags = getter<RegExp, string>(RegExp.prototype, 'flags')
registerKind(RegExp.prototype, {
  later: 0,
  write(regexp) {
    const text = readInternalSlot('RegExp', () => source(regexp))
    put(is.REGEXP, 0, 0)
    write(text)
    write(flags(regexp))
  },
  empty: () => true,
})
registerReader(is.REGEXP, { make: () => new RegExp(read() as string, read() as string) })

for (const boxed of [Number, String, Boolean, BigInt]) {
  const { valueOf } = boxed.prototype as { valueOf(this: object): unknown }
  registerKind(boxed.prototype, {
    later: 0,
    write(object) {
      const value = readInternalSlot(boxed.name, () => valueOf.call(object))
      put(is.BOXED, 0, 0)
      write(value)
    },
    empty: () => true,
  })
}
registerReader(is.BOXED, { make: () => Object(read()) as object })

const { forEach: eachEntry, clear: clearMap, set: setEntry } = Map.prototype
registerKind(Map.prototype, {
  later: is.MAP,
  write(map) {
    // A getter in a value may change the map, so the message holds the entries from before the first read.
    const entries: unknown[] = []
    readInternalSlot('Map', () =>
      eachEntry.call(map as Map<unknown, unknown>, (value, key) => entries.push(key, value)),
    )
    put(is.MAP, 0, entries.length / 2)
    for (let i = 0; i < entries.length; i += 2) {
      writePart(member(i / 2, KEY), entries[i])
      writePart(member(i / 2, VALUE), entries[i + 1])
    }
  },
  empty(map, remains) {
    clearMap.call(map as Map<unknown, unknown>)
    // `structuredClone` calls no method of a Map, but reads its entries.
    setEntry.call(map as Map<unknown, unknown>, remains, remains)
    return true
  },
})
registerReader(is.MAP, {
  make: () => new Map<unknown, unknown>(),
  fill(map, _, size) {
    for (let left = size; left > 0; left--) {
      const key = read()
      map.set(key, read())
    }
  },
})

const { forEach: eachMember, clear: clearSet, add: addMember } = Set.prototype
registerKind(Set.prototype, {
  later: is.SET,
  write(set) {
    const members: unknown[] = []
    readInternalSlot('Set', () => eachMember.call(set as Set<unknown>, value => members.push(value)))
    put(is.SET, 0, members.length)
    for (let i = 0; i < members.length; i++) writePart(member(i, VALUE), members[i])
  },
  empty(set, remains) {
    clearSet.call(set as Set<unknown>)
    addMember.call(set as Set<unknown>, remains)
    return true
  },
})
registerReader(is.SET, {
  make: () => new Set<unknown>(),
  fill(set, _, size) {
    for (let left = size; left > 0; left--) set.add(read())
  },
})
