import { thread } from 'fearless'

const { spawn } = thread
export function run({ rows }: { rows: number[] }): void {
  spawn(() => rows.length)
}
