import { thread } from 'fearless'
import { Stats } from '../../Elsewhere/stats.ts'
import { Counters } from '../../Elsewhere/stats-barrel.ts'

export async function run(): Promise<number> {
  await thread.spawn(() => Stats.hit()).join()
  await thread.spawn(() => Counters.miss()).join()
  await thread.spawn(() => void Stats.hits++).join()
  return Stats.hits
}
