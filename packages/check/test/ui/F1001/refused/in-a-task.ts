import { Mutex, sleep, task } from 'fearless'

export function run(total: Mutex<number>): unknown {
  return task.spawn(async () => {
    using guard = await total.lock()
    await sleep(1)
    guard.value += 1
  })
}
