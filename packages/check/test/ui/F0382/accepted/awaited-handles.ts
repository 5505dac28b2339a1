import { move, thread } from 'fearless'
export async function all(parts: number[][]): Promise<number[]> {
  return await Promise.all(parts.map(part => thread.spawn(move(() => part.length))))
}
export async function named(parts: number[][]): Promise<number> {
  const handles = parts.map(part => thread.spawn(p => p.length, part))
  let sum = 0
  for (const handle of handles) sum += await handle
  return sum
}
