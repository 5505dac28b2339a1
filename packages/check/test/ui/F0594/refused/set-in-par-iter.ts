import { parIter } from 'fearless'

export async function run(words: string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  await parIter(words).forEach(word => {
    counts.set(word, (counts.get(word) ?? 0) + 1)
  })
  return counts
}
