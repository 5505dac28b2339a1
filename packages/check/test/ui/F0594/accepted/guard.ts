import { Arc, Mutex, thread } from 'fearless'

const total = new Arc(new Mutex({ n: 0 }))
await thread.scope(s => {
  s.spawn(() => {
    using guard = total.lock().wait()
    guard.value.n += 1
  })
})
