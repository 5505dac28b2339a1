import { Mutex } from 'fearless'

const count = new Mutex(0)
interface Resource {
  close(): void
}
const resource: Resource = { close: () => count.update(n => n - 1) }
const each = (f: (x: number) => void): void => f(1)
each(x => count.update(n => n + x))
const close: () => void = () => count.update(n => n - 1)
resource.close()
close()
