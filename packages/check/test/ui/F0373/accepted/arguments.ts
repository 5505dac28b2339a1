import { thread } from 'fearless'

export function run(data: number[]): void {
  thread.spawn((rows: number[]) => rows.length, data)
}
