import { Arc, Mutex, move, thread } from 'fearless'
const counter = new Arc(new Mutex(0))
const handles = Array.from({ length: 10 }, () => thread.spawn(move(() => {
  using n = counter.lock().wait()
  n.value++
})))
for (const handle of handles) await handle.join()
console.log(await counter.with(n => n))
