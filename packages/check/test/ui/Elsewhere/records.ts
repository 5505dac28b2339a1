import { f64, struct, u32 } from 'fearless'

export const Stats = struct({ x: f64, hits: u32 })
