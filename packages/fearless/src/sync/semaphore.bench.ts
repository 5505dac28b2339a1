/**
 * Measures synchronisation objects without contention, and a condition variable of two threads that alternate.
 *
 *     node --import @fearless/compiler/register src/sync/semaphore.bench.ts
 *
 * Prints the minimum of forty interleaved runs, and for the two threads the median of nine.
 */
import { Arc, Condvar, Mutex, Once, OnceLock, ReentrantMutex, Semaphore, drop, move, thread } from 'fearless'

const RUNS = 40
const ROUNDS = 5000

const mutex = new Mutex(0)
const semaphore = new Semaphore(1)
const once = new Once()
once.callOnce(() => {}).wait()
const cell = new OnceLock<{ n: number }>()
cell.set({ n: 1 }).wait()
const again = new ReentrantMutex(0)

const kinds: Record<string, () => unknown> = {
  'Mutex: drop(lock().wait())': () => drop(mutex.lock().wait()),
  'ReentrantMutex: drop(lock().wait())': () => drop(again.lock().wait()),
  'Semaphore: drop(acquire().wait())': () => drop(semaphore.acquire().wait()),
  'Once: callOnce(f).wait(), done': () => once.callOnce(() => {}).wait(),
  'OnceLock: get().n, set': () => cell.get()!.n,
}
const least = new Map(Object.keys(kinds).map(name => [name, Infinity]))
for (let run = -5; run < RUNS; run++) {
  for (const [name, f] of Object.entries(kinds)) {
    const start = performance.now()
    for (let i = 0; i < ROUNDS; i++) f()
    if (run >= 0) least.set(name, Math.min(least.get(name)!, ((performance.now() - start) * 1e6) / ROUNDS))
  }
}
for (const [name, time] of least) console.log(`${name.padEnd(44)} ${time.toFixed(1).padStart(8)} ns`)

const TURNS = 2000
const times: number[] = []
for (let run = 0; run < 9; run++) {
  const table = new Arc({ turn: new Mutex(0), news: new Condvar() })
  const players = [0, 1].map(id =>
    thread.spawn(
      move(() => {
        const { turn, news } = table.value
        const start = performance.now()
        for (let i = 0; i < TURNS; i++) {
          using t = turn.lock().wait()
          news.until(t, n => n % 2 === id).wait()
          t.value += 1
          news.notifyOne()
        }
        return performance.now() - start
      }),
    ),
  )
  const all = await Promise.all(players.map(p => p.join()))
  times.push((Math.max(...all) * 1e3) / (2 * TURNS))
}
times.sort((a, b) => a - b)
console.log(`${'Condvar: one turn of two threads'.padEnd(44)} ${times[4].toFixed(2).padStart(8)} us`)
