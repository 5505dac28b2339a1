// A wait on a condition returns its guard: to the same name, to another, or to `drop`.
// prints: 1 2 3 4
import { Arc, Condvar, Mutex, drop, move, thread } from 'fearless'

const pair = new Arc({ turn: new Mutex(0), news: new Condvar() })
const clock = thread.spawn(
  move(() => {
    for (let n = 1; n <= 4; n++) {
      using turn = pair.value.turn.lock().wait()
      turn.value = Math.max(turn.value, n)
      pair.value.news.notifyAll()
    }
  }),
)
const { turn, news } = pair.value
const seen: number[] = []
{
  using g = await turn.lock()
  await news.until(g, n => n >= 1)
  seen.push(1)
}
drop(await news.until(await turn.lock(), n => n >= 2))
seen.push(2)
{
  const g = await turn.lock()
  const again = await news.until(g, n => n >= 3)
  seen.push(Math.min(again.value, 3))
  drop(again)
}
{
  let g = await turn.lock()
  g = await news.until(g, n => n >= 4)
  seen.push(g.value)
  drop(g)
}
await clock
console.log(...seen)
