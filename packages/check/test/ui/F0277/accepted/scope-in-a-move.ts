import { AtomicI32, move, thread } from 'fearless'

const done = new AtomicI32(0)
await thread.scope(s => {
  const job = { id: 1 }
  s.spawn(
    move(() => {
      s.spawn(() => done.fetchAdd(job.id))
      s.spawn(move(() => s.spawn(() => done.fetchAdd(1))))
    }),
  )
  s.spawn(() => done.fetchAdd(1))
  thread.builder({ name: 'named' }).spawnScoped(s, move(() => s.spawn(() => done.fetchAdd(1))))
})
console.log(done.load())
