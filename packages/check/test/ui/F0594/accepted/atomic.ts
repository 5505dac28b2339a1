import { Arc, AtomicI32, parIter } from 'fearless'

export async function run(words: string[]): Promise<number> {
  const count = new Arc(new AtomicI32(0))
  await parIter(words).forEach(word => {
    count.fetchAdd(word.length)
  })
  return count.load()
}
