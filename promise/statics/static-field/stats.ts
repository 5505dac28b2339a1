import { AtomicI32 } from 'fearless'

export class Stats {
  static readonly hits = new AtomicI32(0)
}
