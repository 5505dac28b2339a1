import { Arc, ReentrantMutex, RwLock, move, thread } from 'fearless'

const a = new Arc(new ReentrantMutex(0))
const b = new Arc(new RwLock(0))

thread.spawn(
  move(() => {
    using first = a.lock().wait()
    using second = b.read().wait()
    console.log(first.value + second.value)
  }),
)
thread.spawn(
  move(() => {
    using second = b.write().wait()
    using first = a.lock().wait()
    console.log(first.value + second.value)
  }),
)
