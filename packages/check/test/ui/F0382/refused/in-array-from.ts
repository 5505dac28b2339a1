import { Mutex, move, thread } from 'fearless'

export async function count(): Promise<void> {
  const counter = new Mutex(0)
  const handles = Array.from({ length: 5 }, () => thread.spawn(move(() => counter.update(n => n + 1).wait())))
  for (const handle of handles) await handle.join()
}
