import { thread } from 'fearless'
import { bump, total, add, state } from '../../Elsewhere/stats.ts'

export async function run(): Promise<number> {
  await thread.spawn(() => bump()).join()
  await thread.spawn(() => add(2)).join()
  return total() + state.n
}
