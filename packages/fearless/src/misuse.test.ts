/**
 * Arguments of wrong types, as programs without types may pass them: an error names the mistake, and nothing has
 * changed.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fearless from 'fearless'
import { Arc, AtomicI32, Condvar, Mutex, Once, Semaphore, broadcast, mpsc } from 'fearless'

const limit = { timeout: 20_000 }

/** Calls `f` with arguments that the types and the compiler would refuse. */
const call = (f: unknown, ...args: unknown[]): unknown => Reflect.apply(f as () => unknown, undefined, args)
const make = (f: unknown, ...args: unknown[]): unknown => Reflect.construct(f as new () => unknown, args)
const { thread, select, parIter, par, struct, drop, vec, task, timeout, sleep, move, LazyLock, ArrayQueue } = fearless

const misuses: Record<string, readonly [run: () => unknown, name: string, says: RegExp]> = {
  'a spawn without a closure': [() => call(thread.spawn), 'ClosureError', /Expected a function, got undefined/],
  'a spawn of a number': [() => call(thread.spawn, 5), 'ClosureError', /Expected a function, got 5/],
  'a spawn of a native function': [() => call(thread.spawn, Math.max), 'ClosureError', /native or bound/],
  'a spawn of a class': [() => call(thread.spawn, class {}), 'ClosureError', /method or class/],
  'a move without a function': [() => call(move), 'ClosureError', /Expected a function, got undefined/],
  'a LazyLock of a number': [() => make(LazyLock, 5), 'ClosureError', /Expected a function, got 5/],
  'a thread name with a NUL': [() => thread.builder({ name: 'a\0b' }).spawn(() => 1), 'RangeError', /NUL/],
  'a parallel loop over a number': [() => call(parIter, 5), 'TypeError', /^`parIter` expects an array, .*got 5/],
  'a parallel loop without items': [() => call(parIter), 'TypeError', /^`parIter` expects an array, .*got undefined/],
  'a range with the end NaN': [() => call(par.range, 1, NaN), 'RangeError', /whole number/],
  'a select with a number as an arm': [
    () => call(select, { a: 5 }),
    'TypeError',
    /The arm a of a select must be a Wait, got/,
  ],
  'a select without arms': [() => call(select, {}), 'DroppedError', /without arms/],
  'a struct without fields': [
    () => call(struct),
    'TypeError',
    /`struct` expects an object with at least one field, got undefined/,
  ],
  'a struct with a number as a field': [
    () => call(struct, { a: 5 }),
    'TypeError',
    /The field a of a struct has no kind/,
  ],
  'a drop of undefined': [() => call(drop), 'DroppedError', /`drop` expects a handle .* got undefined/],
  'a drop of a number': [() => call(drop, 5), 'DroppedError', /`drop` expects a handle .* got 5/],
  'a clone of a number': [() => call(Arc.clone, 5), 'TypeError', /Expected an Arc.*got 5/],
  'a count of a number': [() => call(Arc.strongCount, 5), 'TypeError', /Expected an Arc.*got 5/],
  'callOnce of a number': [() => new Once().callOnce(5 as never), 'TypeError', /expects a function, got 5/],
  'a task of a number': [() => call(task.spawn, 5), 'TypeError', /`spawn` expects a function, got 5/],
  'a sleep of -1 ms': [() => sleep(-1), 'RangeError', /0 or more milliseconds/],
  'a wait of NaN ms': [() => mpsc.channel()[1].recv().wait(NaN), 'RangeError', /0 or more milliseconds/],
  'a channel of capacity 1.5': [() => mpsc.channel(1.5), 'RangeError', /whole number/],
  'a broadcast channel of capacity 0': [() => broadcast.channel(0), 'RangeError', /from 1/],
  'an ArrayQueue of capacity 0': [() => make(ArrayQueue, 0), 'RangeError', /from 1/],
  'a Semaphore of -1 permits': [() => new Semaphore(-1), 'RangeError', /integer from 0/],
  'an AtomicI32 of 1.5': [() => new AtomicI32(1.5), 'RangeError', /holds an integer, got 1.5/],
  'a vec longer than the heap': [() => vec.f64(1e12), 'HeapFullError', /no room/],
  'a Mutex of a function': [() => make(Mutex, () => 1), 'NotSendError', /A function cannot be sent/],
}

for (const [misuse, [run, name, says]] of Object.entries(misuses)) {
  test(`${misuse} is refused with a ${name} that names the mistake`, limit, () => {
    assert.throws(run, error => {
      assert.ok(error instanceof Error)
      assert.doesNotMatch(error.message, /Cannot read|is not a constructor|#|undefined \(/)
      assert.equal(error.name, name)
      assert.match(error.message, says)
      return true
    })
  })
}

test('a refused call changes nothing', limit, async () => {
  const once = new Once()
  assert.throws(() => once.callOnce(undefined as never), TypeError)
  assert.equal(await once.callOnce(() => {}), true)
  const condvar = new Condvar()
  assert.throws(() => condvar.until(5 as never).try())
  assert.equal(condvar.notifyOne(), 0)
  await assert.rejects(call(timeout, 5) as Promise<void>, /`timeout` expects a function, got undefined/)
})
