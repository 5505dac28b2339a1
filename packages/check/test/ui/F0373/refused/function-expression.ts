import { thread } from 'fearless'

export function run(data: number[]): void {
  thread.spawn(function () {
    return data.length
  })
}
