import { Arc, Mutex, move, thread } from 'fearless'

const counter = new Arc(new Mutex(0))
const handles = Array.from({ length: 5 }, () => thread.spawn(move(() => counter.update(n => n + 1).wait())))
for (const handle of handles) await handle.join()
console.log(await counter.update(n => n))
