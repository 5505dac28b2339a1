import { sleep, thread } from 'fearless'

export function run(data: number[]): void {
  thread.spawn(async () => {
    await sleep(1)
    return data.length
  })
}
