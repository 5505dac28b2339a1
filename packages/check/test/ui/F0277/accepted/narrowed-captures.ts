import { Rc, move, mpsc, thread } from 'fearless'

declare function find(): Rc<number> | number[]
export function narrowed(): void {
  const found = find()
  if (Array.isArray(found)) thread.spawn(move(() => found.length))
}
export function grown(): void {
  const list = []
  list.push(1)
  thread.spawn(move(() => list.length))
}
export const shared = [1, 2]
export function declaredLater(): void {
  const start = (): unknown => thread.spawn(move(() => later.length))
  const later = [1]
  start()
}
export function inALoop(): void {
  for (const [tx, rx] = mpsc.channel<number>(), n = 1; ;) {
    thread.spawn(move(() => tx.send(n)))
    return void rx
  }
}
export function inACase(n: number): void {
  switch (n) {
    case 1:
      const list = [n]
      thread.spawn(move(() => list.length))
      break
    default:
      thread.spawn(move(() => shared.length))
  }
}
