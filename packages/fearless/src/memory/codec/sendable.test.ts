/** Registered classes: an instance arrives as one in messages, locks and Arcs, and class names are unique. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arc, Mutex, NotSendError, move, mpsc, sendable, thread, type Sendable } from 'fearless'
import { HttpError, Point, Tag } from './sendable.fixture.ts'

const limit = { timeout: 20_000 }

test('instances keep their class to a thread and back', limit, async () => {
  const point = new Point(3, 4)
  const tag = Object.assign(new Tag(), { label: 'a', at: point })
  const [tx, rx] = mpsc.channel<Tag>()
  const length = await thread
    .spawn(
      move(() => {
        if (!(point instanceof Point) || !(tag instanceof Tag)) throw new Error('they came without their class')
        tx.send(Object.assign(new Tag(), { label: tag.loud, at: new Point(5, 12) }))
        return point.length + tag.at!.length
      }),
    )
    .join()
  assert.equal(length, 10)
  const back = await rx.recv()
  assert.ok(back instanceof Tag)
  assert.equal(back.label, 'A')
  assert.equal(back.at?.length, 13)
})

/** Registered here, so that the closures of this file know the class without naming it. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- it declares that the class is registered
class Range {
  readonly from: number
  readonly to: number
  constructor(from: number, to: number) {
    this.from = from
    this.to = to
  }
  get size(): number {
    return this.to - this.from
  }
}
interface Range extends Sendable<'Range'> {}
const parts = ({ from, to }: Range): [number, number] => [from, to]
sendable(Range, { write: parts, read: ([from, to]) => new Range(from, to) })

test('a closure receives instances of classes that its file registers or imports', limit, async () => {
  const [tx, rx] = mpsc.channel<{ size?: number; length?: number }>()
  tx.send(new Range(3, 10))
  tx.send(new Point(3, 4))
  const range = new Range(0, 5)
  const sum = thread.spawn(move(() => range.size + (rx.recv().wait().size ?? NaN) + (rx.recv().wait().length ?? NaN)))
  assert.equal(await sum.join(), 17)
  const made = await thread.spawn(() => new Range(1, 2)).join()
  assert.ok(made instanceof Range)
  assert.equal(made.size, 1)
})

test('an instance keeps its class in a Mutex and in an Arc', limit, () => {
  const m = new Mutex(new Point(3, 4))
  assert.equal(m.update(p => new Point(p.x * 2, 8)).wait().length, 10)
  const arc = new Arc({ tags: [Object.assign(new Tag(), { label: 'x' })] })
  assert.equal(arc.value.tags[0]!.loud, 'X')
})

test('an Arc of an instance shows the instance read-only', limit, async () => {
  const arc = new Arc(Object.assign(new Tag(), { label: 'x', at: new Point(3, 4) }))
  assert.ok(arc.value instanceof Tag)
  assert.deepEqual([arc.value.loud, arc.value.at?.length], ['X', 5])
  assert.throws(() => ((arc.value as { label: string }).label = 'y'), TypeError)
  assert.deepEqual(await thread.spawn(move(() => [arc.value.loud, arc.value instanceof Tag])).join(), ['X', true])
})

test('an unregistered class and a second class of the same name are refused', limit, () => {
  class Other {
    method(): void {}
  }
  assert.throws(() => new Mutex(new Other() as never), NotSendError)
  sendable(Tag)
  assert.throws(() => sendable(Other, { name: 'Tag', write: () => 1, read: () => new Other() }), TypeError)
  assert.throws(() => sendable(class {}), TypeError)
  sendable(Other)
  // The same class, evaluated twice.
  const again = (): object => class Twice {}
  sendable(again() as never)
  sendable(again() as never)
  assert.ok(new Mutex(new Other() as never))
})

test('a registered error keeps its own properties and gets getters and methods from its class', limit, async () => {
  const [tx, rx] = mpsc.channel<HttpError>()
  const sent = new HttpError('gone', 410, { cause: new RangeError('why') })
  const { stack } = sent
  tx.send(sent)
  const received = await rx.recv()
  const thrown = await thread
    .spawn(() => {
      throw new HttpError('gone', 410, { cause: new RangeError('why') })
    })
    .join()
    .catch((error: unknown) => error as HttpError)
  for (const error of [received, thrown]) {
    assert.ok(error instanceof HttpError)
    assert.deepEqual([error.name, error.message, error.status, error.retries], ['HttpError', 'gone', 410, 3])
    assert.ok(error.cause instanceof RangeError)
    assert.equal(error.cause.message, 'why')
    assert.deepEqual([error.isClientError, error.describe()], [true, '410 gone'])
    assert.deepEqual(Object.keys(error), ['status', 'retries'])
    assert.equal(Object.prototype.toString.call(error), '[object Error]')
  }
  assert.equal(received.stack, stack)
  assert.match((thrown as HttpError).stack!, /sendable\.test\.ts:\d+/)
})

test('a registered error keeps its class in an AggregateError, in a cause and in an Arc', limit, async () => {
  const error = await thread
    .spawn(() => {
      throw new AggregateError([new HttpError('one', 500)], 'all', { cause: new HttpError('two', 400) })
    })
    .join()
    .catch((error: unknown) => error as AggregateError)
  assert.ok(error instanceof AggregateError)
  assert.equal((error.errors[0] as HttpError).describe(), '500 one')
  assert.equal((error.cause as HttpError).isClientError, true)
  const arc = new Arc(new HttpError('kept', 404))
  assert.deepEqual([arc.value.message, arc.value.status], ['kept', 404])
})
