/**
 * Tests of compiled `using`: it behaves as the platform's `using`, and tells a resource that an error is leaving the
 * block.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import 'fearless'

/** The function of unwind.ts, because the sources cannot be imported beside the built library. */
const UNWIND: unique symbol = Symbol.for('fearless.unwind') as never

const limit = { timeout: 20_000 }

class Resource implements Disposable {
  readonly log: string[]
  readonly name: string
  readonly failure: Error | undefined

  constructor(log: string[], name: string, failure?: Error) {
    this.log = log
    this.name = name
    this.failure = failure
  }
  [Symbol.dispose](): void {
    this.log.push(`dispose ${this.name}`)
    if (this.failure !== undefined) throw this.failure
  }
  [UNWIND](): void {
    this.log.push(`unwind ${this.name}`)
    if (this.failure !== undefined) throw this.failure
  }
}

/** Returns the error that `f` throws as name and message; for a SuppressedError, both of its errors. */
function thrownBy(f: () => unknown): string {
  try {
    f()
  } catch (error) {
    const { name, message, error: later, suppressed } = error as SuppressedError
    if (name !== 'SuppressedError') return `${name}: ${message}`
    return `SuppressedError(${(later as Error).message}, ${(suppressed as Error).message})`
  }
  return 'nothing'
}

test('one resource is disposed at the end, however the block ends', limit, () => {
  const log: string[] = []
  const returns = (): string => {
    using a = new Resource(log, 'a')
    return a.name
  }
  assert.equal(returns(), 'a')
  for (const name of ['b', 'c', 'd']) {
    using resource = new Resource(log, name)
    if (resource.name === 'b') continue
    break
  }
  assert.deepEqual(log, ['dispose a', 'dispose b', 'dispose c'])
})

test('an error unwinds one resource, and an error of its disposer suppresses the first', limit, () => {
  const log: string[] = []
  const body = (failure?: Error) => (): void => {
    using a = new Resource(log, 'a', failure)
    throw new Error(`body of ${a.name}`)
  }
  assert.equal(thrownBy(body()), 'Error: body of a')
  assert.equal(thrownBy(body(new Error('end'))), 'SuppressedError(end, body of a)')
  const quiet = (): void => {
    using a = new Resource(log, 'b', new Error('end'))
    void a
  }
  assert.equal(thrownBy(quiet), 'Error: end')
  assert.deepEqual(log, ['unwind a', 'unwind a', 'dispose b'])
})

test('null is ignored as a resource, and a value without a disposer is refused at its declaration', limit, () => {
  let reached = ''
  const nothing = (): void => {
    using a = null as Disposable | null
    reached += `null ${a === null}`
  }
  nothing()
  const wrong = (): void => {
    using a = {} as Disposable
    reached += typeof a
  }
  assert.equal(
    thrownBy(wrong),
    'TypeError: The value of `using` has no [Symbol.dispose] method. Give it one, or use `const`.',
  )
  assert.equal(reached, 'null true')
})

test('an initialiser that throws disposes nothing', limit, () => {
  const log: string[] = []
  const fails = (): Resource => {
    throw new RangeError('no resource')
  }
  const body = (): void => {
    using a = fails()
    log.push(a.name)
  }
  assert.equal(thrownBy(body), 'RangeError: no resource')
  assert.deepEqual(log, [])
})

test('several resources are disposed in reverse order and every error is kept', limit, () => {
  const log: string[] = []
  const body = (): void => {
    using a = new Resource(log, 'a', new Error('end of a'))
    using b = new Resource(log, 'b', new Error('end of b'))
    using nothing = undefined as Disposable | undefined
    log.push(`${a.name}${b.name}${typeof nothing}`)
  }
  assert.equal(thrownBy(body), 'SuppressedError(end of a, end of b)')
  assert.deepEqual(log, ['abundefined', 'dispose b', 'unwind a'])
})

test('await using waits for the disposer and tells it of the error', limit, async () => {
  const log: string[] = []
  const resource = {
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.resolve()
      log.push('disposed')
    },
  }
  const body = async (): Promise<void> => {
    await using a = resource
    log.push(typeof a)
    throw new Error('body')
  }
  await assert.rejects(body, { message: 'body' })
  assert.deepEqual(log, ['object', 'disposed'])
})
