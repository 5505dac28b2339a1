import { move, mpsc, thread, type Sender } from 'fearless'

export function eachOnce(tx: Sender<number[]>, rows: number[][]): number {
  for (let i = 0; i < rows.length; i++) tx.send(rows[i]!)
  return rows.length
}

export function eachUnderAName(tx: Sender<number[]>, rows: number[][]): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    tx.send(row)
  }
}

export function others(tx: Sender<number[]>, rows: number[][], i: number, j: number): number {
  tx.send(rows[i]!)
  return rows[j]!.length
}

export function queue(tx: Sender<number[]>, rows: number[][]): void {
  while (rows.length > 0) {
    tx.send(rows[0]!)
    rows.shift()
  }
}

export function queueUnderAName(tx: Sender<number[]>, rows: number[][]): number {
  const first = rows[0]!
  rows.shift()
  tx.send(first)
  return rows[0]!.length
}

export function nextOne(tx: Sender<number[]>, rows: number[][], i: number): number {
  const row = rows[i]!
  i++
  tx.send(row)
  return rows[i]!.length
}

export function filledAgain(tx: Sender<number[]>, rows: number[][], i: number): number {
  tx.send(rows[i]!)
  rows[i] = []
  return rows[i].length
}

export function filledAnywhere(tx: Sender<number[]>, rows: number[][], i: number): number {
  tx.send(rows[i]!)
  rows[i + 1 - 1] = []
  return rows[i]!.length
}

export function sorted(tx: Sender<number[]>, rows: number[][], i: number, sort: (rows: number[][]) => void): number {
  tx.send(rows[i]!)
  sort(rows)
  return rows[i]!.length
}

export function eachOfThem(tx: Sender<number[]>, rows: number[][]): void {
  for (const row of rows) tx.send(row)
}

export function anOwnerEach(count: number): void {
  const [tx] = mpsc.channel<number>()
  const all = Array.from({ length: count }, () => tx.clone())
  for (let i = 0; i < count; i++) {
    const mine = all[i]!
    thread.spawn(move(() => mine.send(1)))
  }
}

export function numbers(tx: Sender<number>, all: number[], i: number): number {
  tx.send(all[i]!)
  return all[i]!
}

export function inTurns(tx: Sender<number[]>, rows: number[][]): void {
  let next = 0
  while (rows.length > 0) {
    const row = rows[next]!
    tx.send(row)
    next = (next + 1) % rows.length
  }
}
