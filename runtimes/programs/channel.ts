// Messages arrive in order whether each side blocks or yields. Each end throws ClosedError after the other one was
// dropped.
import { ClosedError, TimeoutError, move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
thread.spawn(
  move(() => {
    for (let i = 0; i < 10_000; i++) tx.send(i)
  }),
)
let inOrder = 0
for await (const value of rx) if (value === inOrder) inOrder++
console.log(inOrder) //=> 10000

const [give, take] = mpsc.channel<number>(2)
const adder = thread.spawn(
  move(() => {
    let sum = 0
    for (const value of take) sum += value
    return sum
  }),
)
for (let i = 1; i <= 1000; i++) await give.send(i)
give[Symbol.dispose]()
console.log(await adder.join()) //=> 500500

const [meet, met] = mpsc.channel<string>(0)
const greeter = thread.spawn(move(() => meet.send('at the door').wait()))
console.log(met.recv().wait()) //=> at the door
await greeter.join()
console.log(
  await met.recv().then(
    () => 'a value',
    error => error instanceof ClosedError,
  ),
) //=> true

const [silent, waits] = mpsc.channel<string>()
console.log(
  await waits
    .recv()
    .within(20)
    .then(
      () => 'a value',
      error => error instanceof TimeoutError,
    ),
) //=> true
try {
  waits.recv().wait(20)
} catch (error) {
  console.log(error instanceof TimeoutError)
} //=> true
silent.send('late')
console.log(await waits.recv()) //=> late
