/**
 * Measures a Mutex: nanoseconds per lock and unlock, uncontended and contended by two threads.
 *
 *     node --import @fearless/compiler/register src/sync/mutex.bench.ts
 *
 * Prints the median of nine runs. "core" is the lock word alone, without the JavaScript objects. "loop" is the minimum
 * of 400 runs of a loop into which V8 inlines the whole lock operation.
 */
import { Arc, AtomicI32, Mutex, drop, move, struct, thread } from 'fearless'
import { __end$, __unwind$, __use$ } from 'fearless/closure'
import { core, self } from '../../dist/internal.js'

const RUNS = 9

function report(name: string, times: number[]): void {
  const middle = times.sort((a, b) => a - b)[times.length >> 1]
  console.log(`${name.padEnd(44)} ${middle.toFixed(1).padStart(8)} ns`)
}

function time(name: string, f: () => void): void {
  let rounds = 1000
  for (;;) {
    const start = performance.now()
    for (let i = 0; i < rounds; i++) f()
    if (performance.now() - start > 20) break
    rounds *= 2
  }
  report(
    name,
    Array.from({ length: RUNS }, () => {
      const start = performance.now()
      for (let i = 0; i < rounds; i++) f()
      return ((performance.now() - start) * 1e6) / rounds
    }),
  )
}

function loop(name: string, f: (n: number) => void): void {
  const rounds = 20_000
  let least = Infinity
  for (let run = -60; run < 400; run++) {
    const start = performance.now()
    f(rounds)
    if (run >= 0) least = Math.min(least, performance.now() - start)
  }
  report(name, [(least * 1e6) / rounds])
}

const number = new Arc(new Mutex(0))
const object = new Mutex({ id: 1, name: 'abcdefgh', x: 1.5, ok: true })
const raw = (number as unknown as { thing: number }).thing

loop('loop: core', n => {
  for (let i = 0; i < n; i++) {
    core.mutexTry(self, raw)
    core.mutexUnlock(self, raw)
  }
})
loop('loop: using n = lock().wait(); n.value += 1', n => {
  for (let i = 0; i < n; i++) {
    using g = number.lock().wait()
    g.value += 1
  }
})
// The compiler's output for a bundle.
loop('loop: the same without its source line', n => {
  for (let i = 0; i < n; i++) {
    let u, d
    try {
      const g = __use$((u = number.lock().wait()), (d = u?.[Symbol.dispose]))
      g.value += 1
    } catch (error) {
      throw __unwind$(u, d, error)
    }
    __end$(u, d)
  }
})
time('core: lock and unlock', () => {
  core.mutexTry(self, raw)
  core.mutexUnlock(self, raw)
})
time('lock().wait(), drop', () => drop(number.lock().wait()))
time('using n = lock().wait(); n.value += 1', () => {
  using n = number.lock().wait()
  n.value += 1
})
time('update(n => n + 1).wait()', () => void number.update(n => n + 1).wait())
time('with(v => v.id++).wait(), an object', () => void object.with(v => v.id++).wait())
time(
  'AtomicI32.fetchAdd',
  (
    hits => () =>
      void hits.fetchAdd(1)
  )(new AtomicI32(0)),
)

/** Reads and writes two fields: of a struct in place, and of an object that is decoded and encoded again. */
function twoFields(name: string, value: { x: number; hits: number; name: string }): void {
  const held = new Mutex(value)
  time(`two fields of ${name}`, () => {
    using g = held.lock().wait()
    g.value.x += 0.5
    g.value.hits += 1
  })
}
const Stats = struct({ x: struct.f64, hits: struct.u32, name: struct.str })
for (const text of ['abcdefgh', 'x'.repeat(4000)]) {
  const plain = { x: 1.5, hits: 0, name: text }
  twoFields(`a struct, beside a string of length ${text.length}`, Stats(plain))
  twoFields(`an object, beside a string of length ${text.length}`, plain)
}

const EACH = 200_000
const contended: number[] = []
for (let run = 0; run < RUNS; run++) {
  const ready = new AtomicI32(0)
  const threads = [0, 1].map(() =>
    thread.spawn(
      move(() => {
        ready.fetchAdd(1)
        while (ready.load() < 2);
        const start = performance.now()
        for (let i = 0; i < EACH; i++) {
          using n = number.lock().wait()
          n.value += 1
        }
        return performance.now() - start
      }),
    ),
  )
  const times = await Promise.all(threads.map(t => t.join()))
  contended.push((Math.max(...times) * 1e6) / (2 * EACH))
}
report('two threads, using n = ...; n.value += 1', contended)
