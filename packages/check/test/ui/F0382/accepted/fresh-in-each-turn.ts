import { move, thread } from 'fearless'

export function run(): void {
  for (let i = 0; i < 3; i++) {
    const row = [i]
    thread.spawn(move(() => row.length))
  }
}
