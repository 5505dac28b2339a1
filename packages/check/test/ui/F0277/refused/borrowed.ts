import { Mutex, Rc, par, parIter, thread } from 'fearless'

export async function run(words: string[], weigh: (word: string) => number): Promise<void> {
  const rc = new Rc(1)
  const cache = new WeakMap<object, number>()
  const page = fetch('x')
  await parIter(words).map(word => word.length + rc.value).collect()
  await parIter(words).map(word => weigh(word)).collect()
  await par.join(
    () => cache.has({}),
    () => 1,
  )
  await thread.scope(s => {
    s.spawn(() => page)
  })
  const lock = new Mutex({ f: () => 1 } as unknown as { n: number; rc: Rc<number> })
  await thread.scope(s => s.spawn(() => lock.isPoisoned))
}
