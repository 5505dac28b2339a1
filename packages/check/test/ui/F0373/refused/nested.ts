import { move, thread } from 'fearless'

export function run(data: number[]): void {
  thread.spawn(
    move(() => {
      thread.spawn(() => data.length)
    }),
  )
}
