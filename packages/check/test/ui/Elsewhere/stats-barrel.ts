export { Stats as Counters, bump as count, total as counted } from './stats.ts'
