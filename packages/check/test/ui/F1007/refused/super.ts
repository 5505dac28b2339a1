import { thread } from 'fearless'

class Base {
  size(): number {
    return 1
  }
}
export class Job extends Base {
  start(): void {
    thread.spawn(() => super.size())
  }
}
