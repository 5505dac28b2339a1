import { RwLock } from 'fearless'

const config = new RwLock({ retries: 5 })

export function raise(): void {
  using current = config.read().wait()
  config.update(({ retries }) => ({ retries: retries + current.value.retries })).wait()
}
