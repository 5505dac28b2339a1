import { broadcast, mpsc, move, oneshot, ReentrantMutex, thread, vec, watch, WaitGroup } from 'fearless'

const [, news] = broadcast.channel<number>(8)
thread.spawn(move(() => void news))
for (const message of news.tryIter()) console.log(message)

const [ask, answer] = oneshot.channel<number>()
thread.spawn(move(() => ask.send(1)))
ask.closed().wait()
thread.spawn(move(() => answer.recv().wait()))
answer.recv().wait()

const [state] = watch.channel(0)
thread.spawn(move(() => state.send(1)))
state.send(2)

const group = new WaitGroup()
thread.spawn(move(() => void group))
group.finished().wait()

export function run(): void {
  const lock = new ReentrantMutex(0)
  thread.spawn(move(() => void lock))
  using guard = lock.lock().wait()
  console.log(guard.value)
}

const numbers = vec.f64(3)
thread.spawn(move(() => numbers.length))
console.log(numbers.length)

const [tx, rx] = mpsc.channel<number>()
tx.send(1)
thread.spawn(move(() => void rx))
for (const message of rx.tryIter()) console.log(message)
