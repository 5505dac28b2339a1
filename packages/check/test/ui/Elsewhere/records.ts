import { struct } from 'fearless'

export const Stats = struct({ x: struct.f64, hits: struct.u32 })
