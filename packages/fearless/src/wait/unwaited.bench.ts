/**
 * The cost of reporting Waits that are never waited for: CPU time of a call with walls on and off.
 *
 *   FEARLESS_WALLS=on node packages/fearless/src/wait/unwaited.bench.ts
 *   FEARLESS_WALLS=off node packages/fearless/src/wait/unwaited.bench.ts
 */
import { Mutex, mpsc, type Wait } from 'fearless'

const ROUNDS = 9
const CALLS = 200_000

const m = new Mutex(0)
const [tx, rx] = mpsc.channel<number>(1)

const programs: Record<string, () => unknown> = {
  'lock().wait(), dropped guard': () => m.lock().wait()[Symbol.dispose](),
  'send().wait(), recv().wait()': () => {
    tx.send(1).wait()
    return rx.recv().wait()
  },
  'a Wait that is made, and begun later': (): Wait<number> | undefined => {
    const wait = rx.recv()
    wait.try()
    return wait
  },
}

console.log(`walls ${process.env['FEARLESS_WALLS'] ?? 'by NODE_ENV'}`)
for (const [name, f] of Object.entries(programs)) {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    for (let i = 0; i < CALLS; i++) f()
    const { user, system } = process.cpuUsage(before)
    times.push(((user + system) * 1e3) / CALLS)
  }
  console.log(`${name}: ${times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)].toFixed(0)} ns`)
}
