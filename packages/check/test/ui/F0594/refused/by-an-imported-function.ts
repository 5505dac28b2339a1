import { parIter, thread } from 'fearless'
import * as all from '../../Elsewhere/changes-barrel.ts'
import Table, { record } from '../../Elsewhere/changes.ts'
import { note, recordAll } from '../../Elsewhere/changes-barrel.ts'

export async function collectAll(numbers: readonly number[]): Promise<number[][]> {
  const [a, b, c, d, e]: number[][] = [[], [], [], [], []]
  await parIter(numbers).forEach(x => record(a!, x))
  await parIter(numbers).forEach(x => note(b!, x))
  await parIter(numbers).forEach(x => all.record(c!, x))
  await thread.scope(s => {
    s.spawn(() => recordAll(d!, numbers))
    s.spawn(() => Table.clear(e!))
  })
  return [a!, b!, c!, d!, e!]
}
