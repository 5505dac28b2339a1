import { move, thread } from 'fearless'
declare function risky(): void

export function run(data: number[]): void {
  try {
    risky()
  } catch {
    console.log(data)
    return
  }
  thread.spawn(move(() => data.length))
}
