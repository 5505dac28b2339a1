/**
 * Measures a heap report by the number of handles in the process, and the cost of recording the line that created an
 * object.
 *
 *     node --import @fearless/compiler/register src/memory/heap-report.bench.ts
 *     FEARLESS_WALLS=off node --import @fearless/compiler/register src/memory/heap-report.bench.ts
 *
 * Prints medians of nine runs.
 */
import { Arc, drop, mpsc, thread } from 'fearless'

const RUNS = 9

function median(f: () => void): number {
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now()
    f()
    return performance.now() - start
  })
  return times.sort((a, b) => a - b)[RUNS >> 1]!
}

function report(name: string, value: number, unit: string): void {
  console.log(`${name.padEnd(44)} ${value.toFixed(2).padStart(9)} ${unit}`)
}

const pair = (): void => mpsc.channel<number>().forEach(end => (end as Disposable)[Symbol.dispose]())
report('the first 1,000 channels, each', median(() => void Array.from({ length: 100 }, pair)) * 10, 'us')
report('further channels, each', median(() => void Array.from({ length: 20_000 }, pair)) / 20, 'us')

for (const handles of [1000, 10_000, 100_000, 1_000_000]) {
  const arcs = Array.from({ length: handles }, (_, n) => new Arc({ n }))
  report(
    `a report of ${handles.toLocaleString('en')} handles`,
    median(() => void thread.heapReport()),
    'ms',
  )
  for (const arc of arcs) drop(arc)
}
const [tx] = mpsc.channel<number>()
for (let n = 0; n < 10_000_000; n++) tx.send(n)
report(
  'a report of a channel of 10,000,000 messages',
  median(() => void thread.heapReport()),
  'ms',
)
