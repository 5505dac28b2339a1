// Every use of a moved object is refused: reads, writes, calls, iteration, copies, serialisation.
// prints: 20 of 20 are refused
// refused by: check F0382
import { MovedError, mpsc } from 'fearless'

const parts = {
  list: [1],
  map: new Map([[1, 2]]),
  set: new Set([1]),
  date: new Date(0),
  plain: { n: 1 } as { n?: number },
}
const [tx, rx] = mpsc.channel<typeof parts>()
const { list, map, set, date, plain } = parts
tx.send(parts)
await rx.recv()

const uses: (() => unknown)[] = [
  () => parts.list,
  () => list[0],
  () => list.at(0),
  () => list.push(2),
  () => [...list],
  () => list.map(n => n),
  () => map.get(1),
  () => map.size,
  () => map.set(1, 3),
  () => [...map],
  () => set.has(1),
  () => set.add(2),
  () => date.getTime(),
  () => date.setTime(1),
  () => plain.n,
  () => (plain.n = 2),
  () => JSON.stringify(plain),
  () => `${date.toISOString()}`,
  () => structuredClone(map).size,
  () => 'n' in plain,
]
let refused = 0
for (const [at, use] of uses.entries()) {
  try {
    use()
    console.log(`use ${at} passed`)
  } catch (error) {
    if (error instanceof MovedError) refused++
    else console.log(`use ${at}: ${String(error)}`)
  }
}
console.log(`${refused} of ${uses.length} are refused`)
