/** What programs without types may pass by mistake: an error of ours says what is wrong, and nothing is half done. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fearless from 'fearless'
import { Arc, AtomicI32, Condvar, Mutex, Once, Semaphore, broadcast, mpsc } from 'fearless'

const limit = { timeout: 20_000 }

/** Calls what the types would refuse, and what the compiler would. */
const call = (f: unknown, ...args: unknown[]): unknown => Reflect.apply(f as () => unknown, undefined, args)
const make = (f: unknown, ...args: unknown[]): unknown => Reflect.construct(f as new () => unknown, args)
const { thread, select, parIter, par, struct, drop, vec, task, timeout, sleep, move, LazyLock, ArrayQueue } = fearless

const misuses: Record<string, readonly [run: () => unknown, name: string, says: RegExp]> = {
  'no closure': [() => call(thread.spawn), 'ClosureError', /undefined is not a function/],
  'a number for a closure': [() => call(thread.spawn, 5), 'ClosureError', /5 is not a function/],
  'a native function': [() => call(thread.spawn, Math.max), 'ClosureError', /native or bound/],
  'a class for a closure': [() => call(thread.spawn, class {}), 'ClosureError', /method or class/],
  'move of nothing': [() => call(move), 'ClosureError', /undefined is not a function/],
  'a LazyLock of a value': [() => make(LazyLock, 5), 'ClosureError', /5 is not a function/],
  'a name with a NUL': [() => thread.builder({ name: 'a\0b' }).spawn(() => 1), 'RangeError', /NUL/],
  'a parallel loop over a number': [() => call(parIter, 5), 'TypeError', /5 has no items to go over/],
  'a parallel loop over nothing': [() => call(parIter), 'TypeError', /undefined has no items/],
  'a range to nowhere': [() => call(par.range, 1, NaN), 'RangeError', /whole number/],
  'a select of a value': [() => call(select, { a: 5 }), 'TypeError', /The arm a of a select is no Wait/],
  'a select of nothing': [() => call(select, {}), 'DroppedError', /without arms/],
  'a struct without fields': [() => call(struct), 'TypeError', /A struct has fields/],
  'a struct of a value': [() => call(struct, { a: 5 }), 'TypeError', /The field a of a struct has no kind/],
  'a drop of nothing': [() => call(drop), 'DroppedError', /no end that `drop` could bring about/],
  'a drop of a number': [() => call(drop, 5), 'DroppedError', /no end/],
  'a clone of a number': [() => call(Arc.clone, 5), 'TypeError', /5 is no Arc/],
  'a count of a number': [() => call(Arc.strongCount, 5), 'TypeError', /5 is no Arc/],
  'a once of a value': [() => new Once().callOnce(5 as never), 'TypeError', /expects a function, got 5/],
  'a task that is none': [() => call(task.spawn, 5), 'TypeError', /A task is a function/],
  'a negative sleep': [() => sleep(-1), 'RangeError', /0 or more milliseconds/],
  'a limit that is none': [() => mpsc.channel()[1].recv().wait(NaN), 'RangeError', /0 or more milliseconds/],
  'half a capacity': [() => mpsc.channel(1.5), 'RangeError', /whole number/],
  'a broadcast that keeps nothing': [() => broadcast.channel(0), 'RangeError', /from 1/],
  'a queue without room': [() => make(ArrayQueue, 0), 'RangeError', /from 1/],
  'less than no permits': [() => new Semaphore(-1), 'RangeError', /whole numbers from 0/],
  'half an integer': [() => new AtomicI32(1.5), 'RangeError', /holds integers/],
  'a vec that is too long': [() => vec.f64(1e12), 'HeapFullError', /no room/],
  'a lock of a function': [() => make(Mutex, () => 1), 'NotSendError', /a function cannot be sent/],
}

for (const [what, [run, name, says]] of Object.entries(misuses)) {
  test(what, limit, () => {
    assert.throws(run, error => {
      assert.ok(error instanceof Error)
      assert.doesNotMatch(error.message, /Cannot read|is not a constructor|#|undefined \(/)
      assert.equal(error.name, name)
      assert.match(error.message, says)
      return true
    })
  })
}

test('what was refused has changed nothing', limit, async () => {
  const once = new Once()
  assert.throws(() => once.callOnce(undefined as never), TypeError)
  assert.equal(await once.callOnce(() => {}), true)
  const news = new Condvar()
  assert.throws(() => news.until(5 as never).try())
  assert.equal(news.notifyOne(), 0)
  await assert.rejects(call(timeout, 5) as Promise<void>, /A job with a time limit is a function/)
})
