import { Arc, Mutex, move, thread } from 'fearless'

const total = new Arc(new Mutex(0))
const worker = thread.spawn(move(() => total.update(n => n + 1).wait()))
{
  using guard = await total.lock()
  await worker.join()
  guard.value += 1
}
