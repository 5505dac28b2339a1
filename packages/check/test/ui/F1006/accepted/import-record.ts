import { thread } from 'fearless'
import { Stats } from '../../Elsewhere/records.ts'

export const run = () => thread.spawn(() => Stats({ x: 1, hits: 0 }).hits)
