// Two threads keep the view of a vec in a lock and write to it under no lock.
// prints or refused: 40000000
import { Arc, Barrier, Mutex, move, thread, vec } from 'fearless'

const m = new Arc(new Mutex(vec.i32(1)))
const start = new Barrier(2)
const handles = [0, 1].map(() =>
  thread.spawn(
    move(() => {
      let cells!: Int32Array
      m.with(v => {
        v.with(view => {
          cells = view
        })
      }).wait()
      start.arrive().wait()
      for (let i = 0; i < 20_000_000; i++) cells[0]! += 1
    }),
  ),
)
for (const handle of handles) await handle.join()
console.log(await m.with(v => v.get(0)))
