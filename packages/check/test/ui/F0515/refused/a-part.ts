import { Arc, Mutex } from 'fearless'

const state = new Arc(new Mutex({ rows: [[1]], names: { first: 'a' } }))

export async function rows(): Promise<number[][]> {
  using s = await state.lock()
  return s.value.rows
}

export async function row(at: number): Promise<number[]> {
  using s = await state.lock()
  return s.value.rows[at]!
}
