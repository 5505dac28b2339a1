import { move, mpsc, thread, type Sender } from 'fearless'

/** A closure that names an array takes all of it, whichever element it uses. */
export function captured(i: number): void {
  const [tx] = mpsc.channel<number>()
  const all = [tx, tx.clone()]
  thread.spawn(move(() => all[i]!.send(1)))
  all[0]!.send(2)
}

export function capturedInTurns(all: Sender<number>[]): void {
  for (let i = 0; i < all.length; i++) thread.spawn(move(() => all[i]!.send(1)))
}

export function sentByIndex(tx: Sender<number[]>, rows: number[][], i: number): number {
  tx.send(rows[i]!)
  return rows[i]!.length
}

export function sentByNumber(tx: Sender<number[]>, rows: number[][]): number {
  tx.send(rows[0]!)
  return rows[0]!.length
}

export function sentInTurns(tx: Sender<number[]>, rows: number[][], i: number): void {
  while (rows.length > i) tx.send(rows[i]!)
}

export function underAnotherName(tx: Sender<number[]>, job: { rows: number[][] }, i: number): number {
  const row = job.rows[i]!
  tx.send(row)
  return job.rows[i]!.length
}

export function fieldUnderAnotherName(tx: Sender<number[]>, job: { rows: number[][]; row: number[] }): number {
  const { row } = job
  const again = job.row
  thread.spawn(move(() => again.length))
  return job.row.length + row.length
}
