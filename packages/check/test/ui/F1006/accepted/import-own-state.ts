import { parIter, thread } from 'fearless'
import { memo, newId } from '../../Elsewhere/stats.ts'

export async function run(keys: readonly string[]): Promise<number> {
  const lengths = await parIter(keys)
    .map(key => memo.lookUp(key))
    .collect()
  await thread.spawn(() => console.log(newId())).join()
  return lengths.length + memo.lookUp('main') + newId()
}
