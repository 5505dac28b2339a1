import { thread } from 'fearless'

thread.spawn(() => window.innerWidth)
