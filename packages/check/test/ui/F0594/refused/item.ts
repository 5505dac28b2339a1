import { parIter } from 'fearless'

export async function rate(users: { name: string; score: number }[]): Promise<void> {
  await parIter(users).forEach(u => {
    u.score = u.name.length
  })
  await parIter(users)
    .filter(u => u.score > 0)
    .map(({ ...copy }) => (copy.score += 1))
    .collect()
}
