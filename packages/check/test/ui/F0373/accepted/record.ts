import { struct, thread } from 'fearless'

const Stats = struct({ x: struct.f64, hits: struct.u32 })
thread.spawn(() => Stats({ x: 1, hits: 0 }).hits)
export const run = () => thread.spawn(() => Stats({ x: 1, hits: 0 }).x)
