import { Mutex, type Guard } from 'fearless'
export function both(locks: Mutex<number>[]): number {
  const guards: Guard<number>[] = []
  try {
    for (const lock of locks) guards.push(lock.lock().wait())
    return guards.reduce((sum, g) => sum + g.value, 0)
  } finally {
    for (const g of guards) g[Symbol.dispose]()
  }
}
export function withStack(a: Mutex<number>, b: Mutex<number>): number {
  using stack = new DisposableStack()
  const x = stack.use(a.lock().wait())
  const y = stack.use(b.lock().wait())
  return x.value + y.value
}
export function withStack2(a: Mutex<number>): number {
  using stack = new DisposableStack()
  const x = a.lock().wait()
  stack.use(x)
  return x.value
}
export function withDefer(a: Mutex<number>): number {
  using stack = new DisposableStack()
  const x = a.lock().wait()
  stack.defer(() => x[Symbol.dispose]())
  return x.value
}
