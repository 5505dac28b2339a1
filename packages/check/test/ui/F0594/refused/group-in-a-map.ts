import { parIter } from 'fearless'

export async function group(words: readonly string[]): Promise<Map<string, string[]>> {
  const groups = new Map<string, string[]>()
  for (const word of words) groups.set(word[0]!, [])
  await parIter(words).forEach(word => groups.get(word[0]!)!.push(word))
  return groups
}
