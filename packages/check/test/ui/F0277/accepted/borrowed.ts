import { Arc, Mutex, mpsc, par, parIter, thread } from 'fearless'

export async function run(words: readonly string[], weights: ReadonlyMap<string, number>, text: string): Promise<number> {
  const [tx, rx] = mpsc.channel<number>()
  const lock = new Mutex([1])
  const shared = new Arc({ factor: 2 })
  const weigh = (word: string): number => (weights.get(word) ?? 1) * shared.value.factor
  const total = await parIter(words).map(word => weigh(word)).sum()
  const [a, b] = await par.join(
    () => words.length,
    () => weights.size,
  )
  await thread.scope(s => {
    s.spawn(() => tx.send(words.length))
    s.spawn(() => lock.update(all => [...all, text.length]).wait())
  })
  return total + a + b + (await rx.recv())
}
