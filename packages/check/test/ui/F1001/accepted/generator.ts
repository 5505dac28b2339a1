import { Mutex } from 'fearless'
export function* rows(m: Mutex<number[]>): Generator<number> {
  const copy = m.with(v => [...v]).wait()
  for (const row of copy) yield row
}
