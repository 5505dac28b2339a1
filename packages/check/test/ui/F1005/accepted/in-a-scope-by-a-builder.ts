import { Arc, Mutex, thread } from 'fearless'

const left = new Arc(new Mutex(0))
const right = new Arc(new Mutex(0))
await thread.scope(s => {
  const builder = thread.builder({ name: 'mover' })
  builder.spawnScoped(
    s,
    (from: Mutex<number>, to: Mutex<number>) => {
      using a = from.lock().wait()
      using b = to.lock().wait()
      b.value += a.value
    },
    left,
    right,
  )
  builder.spawnScoped(
    s,
    (to: Mutex<number>, from: Mutex<number>) => {
      using b = from.lock().wait()
      using a = to.lock().wait()
      a.value += b.value
    },
    right,
    left,
  )
})
