import { Arc, Mutex, move, select, sleep, thread } from 'fearless'

const total = new Arc(new Mutex(0))
const workers = [thread.spawn(move(() => total.update(n => n + 1).wait()))]
{
  using guard = await total.lock()
  await workers[0]
  guard.value += 1
}
{
  using guard = await total.lock()
  await Promise.all(workers)
  guard.value += 1
}
{
  using guard = await total.lock()
  const last = thread.spawn(() => 1)
  await select({ last, late: sleep(10) })
  guard.value += 1
}
