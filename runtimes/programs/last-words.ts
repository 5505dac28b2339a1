// The panic of a thread that is never joined is reported once, before its channel closes, and the process ends with
// code 1.
import { drop, move, mpsc, thread, type JoinHandle } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const ways: (() => JoinHandle<void>)[] = [
  () =>
    thread.spawn(
      move(() => {
        tx.send(1)
        throw new RangeError('last words')
      }),
    ),
  () =>
    thread.spawn(
      move(() => {
        using mine = tx
        mine.send(1)
        throw new RangeError('last words')
      }),
    ),
  () =>
    thread.spawn(
      move(async () => {
        tx.send(1)
        setTimeout(() => {
          throw new RangeError('last words')
        }, 1)
        await new Promise<void>(() => {})
      }),
    ),
]
const run = Number(process.argv[2])
const handle = ways[run % ways.length]()
if (run % 2 === 0) drop(handle)
for await (const x of rx) console.log(x) //=> 1
//=runs 30
//=exit 1
//=! RangeError: last words
if (run % 5 === 0) process.exit()
