import { thread, type JoinHandle } from 'fearless'

const a = thread.spawn(() => 1)
console.log(await a.join())
console.log(await a)

const b = thread.spawn(() => 1)
b.wait()
console.log(b.isFinished())

const [c, d] = [thread.spawn(() => 1), thread.spawn(() => 2)]
console.log(await Promise.all([c, d]))
console.log(await d)

const e = thread.spawn(() => 1)
void e.then(console.log)
console.log(await e)

const job = { handle: thread.spawn(() => 1), id: 1 }
console.log(await job.handle, job.id)
console.log(await job.handle)

async function finish(handle: JoinHandle<number>): Promise<number> {
  return await handle
}
const f = thread.spawn(() => 1)
console.log(await finish(f))
console.log(f.thread.id)

const g = thread.spawn(() => 1)
for (let i = 0; i < 2; i++) console.log(await g)

export async function result(handle: JoinHandle<number>): Promise<number> {
  const done = handle.join()
  console.log(await done)
  return handle
}
