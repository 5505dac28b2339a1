// A module that imports.ts imports.
import { move, thread } from 'fearless'

const factor: number = 2

export function plain(x: number): number {
  return x + 1
}

export async function inThreads(numbers: readonly number[]): Promise<number[]> {
  const handles = numbers.map(x => thread.spawn(move(() => x * factor)))
  const results: number[] = []
  for (const handle of handles) results.push(await handle.join())
  return results
}
