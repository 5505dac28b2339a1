import { Mutex, move, thread } from 'fearless'

export async function count(): Promise<number> {
  const counter = new Mutex(0)
  thread.spawn(
    move(() => {
      using n = counter.lock().wait()
      n.value += 1
    }),
  )
  using n = await counter.lock()
  return n.value
}
