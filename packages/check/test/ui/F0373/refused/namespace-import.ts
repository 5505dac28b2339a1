import * as fearless from 'fearless'

export function run(data: number[]): void {
  fearless.thread.spawn(() => data.length)
}
