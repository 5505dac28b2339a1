import { move, thread } from 'fearless'
declare function risky(): void

export function run(data: number[]): void {
  try {
    thread.spawn(move(() => data.length))
    risky()
  } catch {
    console.log(data)
  }
}
