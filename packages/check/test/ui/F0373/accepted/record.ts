import { f64, struct, thread, u32 } from 'fearless'

const Stats = struct({ x: f64, hits: u32 })
thread.spawn(() => Stats({ x: 1, hits: 0 }).hits)
export const run = () => thread.spawn(() => Stats({ x: 1, hits: 0 }).x)
