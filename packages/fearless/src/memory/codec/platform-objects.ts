/**
 * Codec of the objects of the platform that consist of data: they are written as the arguments from which the platform
 * makes an equal one.
 *
 * - A class is looked up when an instance is sent or received, because a mention of some globals loads them (`Headers`:
 *   20 ms).
 * - Properties that a program adds to such an object do not cross, as in structured clone.
 * - The time of a PerformanceMark counts from the start of the thread that made it, as in structured clone.
 */
import { platform } from '#platform'
import { prototypesOf } from '../../describe.ts'
import { readInternalSlot } from './builtin.ts'
import { classKind, registerClassCodec, type ClassCodec } from './handle-codec.ts'
import { registerKind, type Kind } from './write.ts'

type NodeCrypto = typeof import('node:crypto')
type NodeNet = typeof import('node:net')
type NodeKey = import('node:crypto').KeyObject

const crypto = (): NodeCrypto => platform.builtinModule('node:crypto') as NodeCrypto
const net = (): NodeNet => platform.builtinModule('node:net') as NodeNet

interface PlatformClass<T extends object> extends ClassCodec<T> {
  /** Returns the class, if this runtime has it. */
  find(): unknown
}

function define<T extends object, P>(
  find: () => unknown,
  write: (instance: T) => P,
  read: (plain: P) => T,
): PlatformClass<object> {
  return { find, write, read } as unknown as PlatformClass<object>
}

type BoundRule = readonly [kind: string, family: string, first: string, last: string]

/** Reads a rule of a BlockList: `Address: IPv4 1.2.3.4`, `Range: IPv4 1.2.3.4-1.2.3.9` or `Subnet: IPv6 2001::/16`. */
function partsOfRule(rule: string): BoundRule {
  const [, kind = '', family = '', first = '', last = ''] = /^(\w+): (IPv\d) ([^-/]+)(?:[-/](.*))?$/.exec(rule) ?? []
  return [kind, family.toLowerCase(), first, last]
}

type NamedValue = readonly [name: string, value: string]

const CLASSES: Readonly<Record<string, PlatformClass<object>>> = {
  URL: define<URL, string>(
    () => URL,
    url => url.href,
    href => new URL(href),
  ),
  URLSearchParams: define<URLSearchParams, string>(
    () => URLSearchParams,
    params => params.toString(),
    text => new URLSearchParams(text),
  ),
  Headers: define<Headers, NamedValue[]>(
    () => Headers,
    headers => [...headers],
    entries => new Headers(entries as [string, string][]),
  ),
  FormData: define<FormData, (readonly [string, unknown])[]>(
    () => FormData,
    form => [...form],
    entries => {
      const form = new FormData()
      for (const [name, value] of entries) form.append(name, value as string)
      return form
    },
  ),
  PerformanceMark: define<PerformanceMark, readonly [string, number, unknown]>(
    () => PerformanceMark,
    ({ name, startTime, detail }) => [name, startTime, detail as unknown],
    ([name, startTime, detail]) => new PerformanceMark(name, { startTime, detail }),
  ),
  KeyObject: define<NodeKey, readonly [NodeKey['type'], Uint8Array]>(
    () => (platform.builtinModule('node:crypto') as NodeCrypto | undefined)?.KeyObject,
    key => {
      if (key.type === 'secret') return [key.type, new Uint8Array(key.export())]
      const type = key.type === 'public' ? 'spki' : 'pkcs8'
      return [key.type, new Uint8Array(key.export({ format: 'der', type } as { format: 'der'; type: 'spki' }))]
    },
    ([type, bytes]) => {
      const key = Buffer.from(bytes.buffer)
      if (type === 'secret') return crypto().createSecretKey(key)
      return type === 'public'
        ? crypto().createPublicKey({ key, format: 'der', type: 'spki' })
        : crypto().createPrivateKey({ key, format: 'der', type: 'pkcs8' })
    },
  ),
  BlockList: define<import('node:net').BlockList, readonly string[]>(
    () => (platform.builtinModule('node:net') as NodeNet | undefined)?.BlockList,
    list => [...list.rules],
    rules => {
      const list = new (net().BlockList)()
      // The list shows its latest rule first.
      for (const [kind, family, first, last] of rules.map(partsOfRule).toReversed()) {
        const of = family as 'ipv4'
        if (kind === 'Address') list.addAddress(first, of)
        else if (kind === 'Range') list.addRange(first, last, of)
        else list.addSubnet(first, Number(last), of)
      }
      return list
    },
  ),
  SocketAddress: define<import('node:net').SocketAddress, import('node:net').SocketAddressInitOptions>(
    () => (platform.builtinModule('node:net') as NodeNet | undefined)?.SocketAddress,
    ({ address, port, family, flowlabel }) => ({ address, port, family, flowlabel }),
    options => new (net().SocketAddress)(options),
  ),
}

// A name of a class of the program has no space.
for (const [name, codec] of Object.entries(CLASSES)) registerClassCodec(`the platform's ${name}`, codec)

/** Returns the kind of a platform's object that consists of data, and registers it. Undefined for any other object. */
export function platformKind(prototype: object): Kind | undefined {
  for (const at of [prototype, ...prototypesOf(prototype)]) {
    const constructor: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value
    if (typeof constructor !== 'function') continue
    const { name } = constructor
    // Node makes instances of subclasses of KeyObject, and a program cannot.
    if (!Object.hasOwn(CLASSES, name) || (at !== prototype && name !== 'KeyObject')) continue
    const { find, ...codec } = CLASSES[name]
    if (find() !== constructor) return undefined
    const kind = classKind(`the platform's ${name}`, {
      ...codec,
      write: instance => readInternalSlot(name, () => codec.write(instance)),
    })
    registerKind(prototype, kind)
    return kind
  }
  return undefined
}
