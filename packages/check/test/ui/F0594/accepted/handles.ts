import { AtomicI32, ConcurrentMap, Mutex, RwLock, mpsc, parIter, thread, threadLocal, vec } from 'fearless'

const scratch = threadLocal(() => ({ n: 0 }))
export async function run(words: readonly string[]): Promise<number> {
  const hits = new AtomicI32(0)
  const seen = new ConcurrentMap<string, number>()
  const state = { count: new AtomicI32(0) }
  const list = new Mutex<string[]>([])
  const table = new RwLock(new Map<string, number>())
  const cells = vec.i32(4)
  const [tx, rx] = mpsc.channel<string>()
  await parIter(words).forEach(word => {
    hits.fetchAdd(1)
    state.count.store(1)
    seen.set(word, 1).wait()
    list.with(words => words.push(word)).wait()
    using guard = list.lock().wait()
    guard.value.push(word)
    guard.value = []
    using map = table.write().wait()
    map.value.set(word, 1)
    scratch.value.n += 1
    cells.with(view => (view[0] = 1))
    tx.send(word)
  })
  await thread.scope(s => {
    s.spawn(() => void hits.store(1))
  })
  console.log(rx.recv().try())
  return hits.load()
}
