import { parIter, thread } from 'fearless'
import { record, lengthOf } from '../../Elsewhere/changes.ts'

interface User {
  name: string
  score: number
  tags: string[]
}
export async function run(users: User[], totals: Map<string, number>, pixels: Uint8Array): Promise<unknown> {
  const rated = await parIter(users)
    .map(u => ({ ...u, score: 1 }))
    .inspect(u => (u.score += 1))
    .map(u => {
      u.score = 2
      return u
    })
    .collect()
  const sorted = await parIter(users)
    .map(u => {
      const tags = [...u.tags]
      tags.sort()
      tags.push('x')
      const copy = structuredClone(u)
      copy.tags.push('y')
      const own: number[] = []
      record(own, lengthOf(own))
      const mine = new Map(totals)
      mine.set(u.name, 1)
      const part = pixels.slice(0, 4)
      part[0] = 1
      const upper = u.tags.map(tag => ({ tag }))
      upper[0]!.tag = 'z'
      const all = users.filter(other => other.score > 0)
      all.length = 1
      let count = 0
      for (const { score } of users) count += score
      return tags.length + mine.size + count
    })
    .collect()
  const counts = await parIter(users).fold(
    () => new Map<string, number>(),
    (map, u) => map.set(u.name, u.score),
  )
    .collect()
  await thread.scope(s => {
    s.spawn(() => {
      const list = [...totals]
      list.push(['a', 1])
      return list
    })
  })
  return [rated, sorted, counts]
}
