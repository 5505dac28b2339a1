import { move, thread, mpsc } from 'fearless'
export function start(kind: 'a' | 'b', data: number[]): void {
  const [tx, rx] = mpsc.channel<number>()
  switch (kind) {
    case 'a':
      thread.spawn(move(() => { tx.send(data.length) }))
      break
    case 'b':
      thread.spawn(move(() => { tx.send(data.length * 2) }))
      break
  }
  console.log(rx)
}
export function choose(fast: boolean, data: number[]): void {
  if (fast) {
    thread.spawn(move(() => data.length))
    return
  }
  console.log(data.length)
}
export function either(fast: boolean, data: number[]): unknown {
  return fast ? thread.spawn(move(() => data.length)) : data
}
