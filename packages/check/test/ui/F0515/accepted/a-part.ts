import { Arc, Mutex } from 'fearless'

const state = new Arc(new Mutex({ rows: [[1]], names: { first: 'a' }, seen: new Map<string, number>() }))

export async function first(): Promise<string> {
  using s = await state.lock()
  return s.value.names.first
}

export async function cell(): Promise<number | undefined> {
  using s = await state.lock()
  return s.value.rows[0]?.[0]
}

export async function copies(): Promise<number[][]> {
  using s = await state.lock()
  return s.value.rows.map(row => [...row])
}

export async function seen(name: string): Promise<number | undefined> {
  using s = await state.lock()
  return s.value.seen.get(name)
}
