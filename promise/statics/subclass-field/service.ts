import { AtomicI32 } from 'fearless'

abstract class Base {
  readonly hits = new AtomicI32(0)
}
class Service extends Base {
  hit(): void {
    this.hits.fetchAdd(1)
  }
}
export const service = new Service()
