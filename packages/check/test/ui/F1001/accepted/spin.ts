import { Mutex, sleep, type Guard } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  let guard: Guard<number> | undefined
  while ((guard = total.lock().try()) === undefined) await sleep(1)
  guard.value += 1
  guard[Symbol.dispose]()
}
