import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadonlyError } from '../../errors.ts'
import * as mpsc from '../../channel/mpsc.ts'
import { Arc } from '../../sync/arc.ts'
import { AtomicI32 } from '../../sync/atomic.ts'
import { deepFreeze } from './freeze.ts'

const limit = { timeout: 20_000 }
const REASON = 'it is a test. Make another one.'

test('a frozen graph refuses every write and stays readable', limit, () => {
  const inner = { n: 1 }
  const value = deepFreeze(
    {
      list: [1, { n: 2 }],
      map: new Map([[{ key: 1 }, [inner]]]),
      set: new Set([{ n: 3 }]),
      date: new Date(5),
      pattern: /a/,
      error: new Error('no', { cause: { n: 4 } }),
    },
    REASON,
  )
  const writes: Record<string, () => unknown> = {
    field: () => ((value as { list: unknown }).list = 1),
    element: () => (value.list[0] = 2),
    'element of an element': () => ((value.list[1] as { n: number }).n = 3),
    push: () => value.list.push(1),
    'value of a map': () => [...value.map.values()][0].push(inner),
    'key of a map': () => ([...value.map.keys()][0].key = 2),
    'below a map': () => (inner.n = 2),
    'member of a set': () => ([...value.set][0].n = 4),
    cause: () => ((value.error.cause as { n: number }).n = 5),
    delete: () => delete (value as { list?: unknown }).list,
    'new field': () => Object.assign(value, { x: 1 }),
    pattern: () => (value.pattern.lastIndex = 1),
  }
  for (const [name, write] of Object.entries(writes)) assert.throws(write, TypeError, name)
  const refused = { name: 'ReadonlyError', code: 'FL0016' }
  assert.throws(() => value.map.set({ key: 2 }, []), { ...refused, message: `This Map is read-only: ${REASON}` })
  assert.throws(() => value.map.clear(), refused)
  assert.throws(() => value.map.delete([...value.map.keys()][0]), refused)
  assert.throws(() => value.set.add({ n: 1 }), { ...refused, message: `This Set is read-only: ${REASON}` })
  assert.throws(() => value.date.setFullYear(2000), { ...refused, message: `This Date is read-only: ${REASON}` })
  assert.throws(() => value.pattern.compile('b'), refused)
  assert.deepEqual(value.map, new Map([[{ key: 1 }, [{ n: 1 }]]]))
  assert.deepEqual(value.date, new Date(5))
  assert.equal(value.pattern.test('cat'), true)
})

test('the parts of an object that the program froze are frozen too', limit, () => {
  const value = deepFreeze(Object.freeze({ part: { n: 1 }, self: undefined as unknown }), REASON)
  assert.throws(() => (value.part.n = 2), TypeError)
})

test('a part that was moved is not frozen', limit, () => {
  const [tx] = mpsc.channel<number[]>()
  const list = [1]
  tx.send(list)
  const value = deepFreeze({ list, map: new Map([['a', list]]) }, REASON)
  assert.throws(() => (value.list = []), TypeError)
})

test('a graph with a cycle is frozen once', limit, () => {
  interface Node {
    self?: Node
    map?: Map<Node, Node>
  }
  const node: Node = {}
  node.self = node
  node.map = new Map([[node, node]])
  deepFreeze(node, REASON)
  deepFreeze(node, REASON)
  assert.throws(() => node.map?.clear(), ReadonlyError)
})

test('a handle in a frozen graph stays usable', limit, () => {
  const value = deepFreeze({ hits: new Arc(new AtomicI32(0)) }, REASON)
  value.hits.fetchAdd(1)
  assert.equal(value.hits.load(), 1)
})

test('a long array is frozen with the values of its named properties', limit, () => {
  const list = Object.assign(
    Array.from({ length: 1000 }, (_, i) => i),
    { extra: { n: 1 } },
  )
  deepFreeze(list, REASON)
  assert.throws(() => (list[999] = 0), TypeError)
  assert.throws(() => (list.extra.n = 2), TypeError)
})
