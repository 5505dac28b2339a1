import { move, thread } from 'fearless'

export function run(rows: { id: number }[]): number {
  const [first] = rows
  const id = first?.id
  thread.spawn(move(() => rows.length))
  return id ?? 0
}
