import { Arc, AtomicI32, thread } from 'fearless'

const pool = thread.pool({ threads: 2 })
const again = pool
const tree = Arc.newCyclic<{ hits: AtomicI32 }>(() => ({ hits: new AtomicI32(0) }))
const double = (n: number): number => pool.run((m: number) => m * 2, n).wait()
export async function run(): Promise<number[]> {
  return Promise.all([
    thread.spawn(() => pool.run(() => 1).wait()),
    thread.spawn((n: number) => double(n), 2),
    thread.spawn(() => again.threads),
    thread.spawn(() => tree.value.hits.fetchAdd(1)),
  ])
}
