import { thread } from 'fearless'

class Totals {
  static add(totals: Map<string, number>, key: string): void {
    totals.set(key, (totals.get(key) ?? 0) + 1)
  }
}
const helpers = {
  add(totals: Map<string, number>, key: string): void {
    Totals.add(totals, key)
  },
}
export async function count(totals: Map<string, number>): Promise<void> {
  await thread.scope(s => {
    s.spawn(() => Totals.add(totals, 'a'))
    s.spawn(() => helpers.add(totals, 'b'))
  })
}
