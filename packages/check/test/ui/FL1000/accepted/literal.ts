import { thread } from 'fearless'
declare const fast: boolean

thread.spawn(() => (fast ? 1 : 2))
