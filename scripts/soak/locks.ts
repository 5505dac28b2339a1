/** A hundred million lock operations by several threads, with exact counts and constant memory. */
import assert from 'node:assert/strict'
import { Arc, Mutex, ReentrantMutex, RwLock, drop, move, thread } from 'fearless'
import { MemoryWatch } from './heap.ts'

const OPERATIONS = 100_000_000
const THREADS = 4
const ROUNDS = 25
/** Rounds until caches, code and workers are allocated. */
const WARM = 4

interface Shared {
  readonly number: Mutex<number>
  readonly pair: Mutex<{ a: number; b: number; text: string }>
  readonly both: RwLock<number>
  readonly again: ReentrantMutex<number>
}

export async function locks(scale: number, say: (text: string) => void): Promise<void> {
  const each = Math.max(100, Math.round((OPERATIONS * scale) / ROUNDS / THREADS / 100)) * 100
  const shared = new Arc<Shared>({
    number: new Mutex(0),
    pair: new Mutex({ a: 0, b: 0, text: '' }),
    both: new RwLock(0),
    again: new ReentrantMutex(0),
  })
  const watched = new MemoryWatch()
  for (let round = 1; round <= ROUNDS; round++) {
    // New threads in each round, because the handles of a thread are dropped with it.
    const handles = Array.from({ length: THREADS }, () =>
      thread.spawn(
        move(() => {
          const { number, pair, both, again } = shared.value
          // A hundred operations: 60 + 10 + 20 on the number, 4 on the pair, 4 on the RwLock, 2 on the nested lock.
          for (let n = 0; n < each; n += 100) {
            for (let i = 0; i < 60; i++) {
              using g = number.lock().wait()
              g.value += 1
            }
            for (let i = 0; i < 10; i++) {
              const g = number.lock().wait()
              g.value += 1
              drop(g)
            }
            for (let i = 0; i < 20; i++) number.update(value => value + 1).wait()
            for (let i = 0; i < 4; i++) {
              using g = pair.lock().wait()
              g.value.a++
              g.value.text = 'x'.repeat(g.value.a % 100)
              g.value.b++
            }
            for (let i = 0; i < 3; i++) drop(both.read().wait())
            both.update(value => value + 1).wait()
            using outer = again.lock().wait()
            using inner = again.lock().wait()
            inner.value += 1
            outer.value += 1
          }
        }),
      ),
    )
    for (const handle of handles) await handle.join()
    const done = (round * THREADS * each) / 100
    const { number, pair, both, again } = shared.value
    assert.equal(await number.update(value => value), done * 90)
    assert.deepEqual(await pair.with(({ a, b, text }) => [a, b, text.length]), [done * 4, done * 4, (done * 4) % 100])
    assert.equal(await both.update(value => value), done)
    {
      using g = await again.lock()
      assert.equal(g.value, done * 2)
    }
    say(`round ${round} of ${ROUNDS}, ${(done * 100).toLocaleString('en')} operations, ${watched.sample()}`)
  }
  watched.assertFlat(WARM, 16 * 1024, 64 * 2 ** 20)
}
