// A select completes the first of several waits, and the others take nothing, blocking and yielding.
import { move, mpsc, select, sleep, thread } from 'fearless'

const [slow, fromSlow] = mpsc.channel<string>()
const [fast, fromFast] = mpsc.channel<string>()
const [go, onGo] = mpsc.channel<string>()
thread.spawn(
  move(() => {
    fast.send('fast')
    onGo.recv().wait()
    slow.send('slow')
  }),
)
const first = await select({ slow: fromSlow.recv(), fast: fromFast.recv() })
console.log(first.key, first.value) //=> fast fast
go.send('on')
const second = select({ slow: fromSlow.recv(), late: sleep(20_000) }).wait()
console.log(second.key, second.value) //=> slow slow
const third = await select({ nothing: fromSlow.recv(), time: sleep(5) }).then(
  ({ key }) => key,
  error => error.name,
)
console.log(third === 'time' || third === 'ClosedError') //=> true
