import { mpsc, select, sleep, task, thread, type JoinHandle } from 'fearless'

const a = thread.spawn(() => 1)
while (a.try() === undefined) await sleep(1)

const b = thread.spawn(() => 1)
try {
  console.log(await b.within(10))
} catch {
  console.log(b.thread.name, await b)
}

const c = thread.spawn(() => 1)
const [, rx] = mpsc.channel<number>()
for (;;) {
  const got = await select({ c, job: rx.recv() })
  if (got.key === 'c') break
}

let d = thread.spawn(() => 1)
for (let i = 0; i < 3; i++) {
  console.log(await d)
  d = thread.spawn(n => n, i)
}

const e = thread.spawn(() => 1)
if (e.isFinished()) console.log(await e)
else console.log('still running', e.wait())

const f = task.spawn(() => 1)
console.log(await f, await f.join(), await f)

const handles: JoinHandle<number>[] = []
for (let i = 0; i < 3; i++) handles.push(thread.spawn(n => n, i))
console.log(await Promise.all(handles), handles.length)

const g = thread.spawn(() => 1)
try {
  g.join().wait()
} catch {
  console.log('failed')
}

const h = thread.spawn(() => 1)
const job = { handle: thread.spawn(() => 1), id: 1 }
console.log(await h, await job.handle, job.id)
