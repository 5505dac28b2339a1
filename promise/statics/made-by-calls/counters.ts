import { AtomicI32 } from 'fearless'

const make = (): AtomicI32 => new AtomicI32(0)

export const counters: readonly AtomicI32[] = Array.from({ length: 3 }, make)
